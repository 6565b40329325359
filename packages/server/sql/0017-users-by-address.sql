-- Compatible: an index alone.
-- Accounts that came from elsewhere have login names that are not their addresses.
create index users_by_address on users (lower(email));
