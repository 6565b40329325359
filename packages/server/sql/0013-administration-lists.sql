-- Compatible: indexes alone.
-- What operators list page by page. The conditions are about columns that do not change, so that updates of usage stay
-- cheap: an index over usage would have to be written with each commission.
create index holdings_of_members on holdings (id) where source is not null;
create index holdings_of_projects on holdings (id) where source is null;
create index projects_of_people on projects (id) where not is_system;
create index projects_by_end on projects (end_date) where not is_system and state in ('active', 'suspended');
