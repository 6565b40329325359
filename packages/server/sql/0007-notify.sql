-- Compatible: the release before listens to nothing.
-- What processes keep in memory: a change of it is told to all of them when it is committed.

create function tell_of_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('astakos', tg_table_name);
  return null;
end $$;

create trigger components_told after insert or update or delete or truncate on components
  for each statement execute function tell_of_change();
create trigger services_told after insert or update or delete or truncate on services
  for each statement execute function tell_of_change();
create trigger endpoints_told after insert or update or delete or truncate on endpoints
  for each statement execute function tell_of_change();
create trigger resources_told after insert or update or delete or truncate on resources
  for each statement execute function tell_of_change();
