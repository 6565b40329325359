-- What secrets of OAuth2 clients are hashed with, sealed under the secret key, which can be replaced.
create table client_pepper (
  only_one boolean primary key default true check (only_one),
  sealed bytea not null
);

-- A token that is sealed anew is the same token: nobody changed the user.
create or replace function touch_user() returns trigger language plpgsql as $$
declare
  is_resealed boolean = new.token_sealed is distinct from old.token_sealed
                        and new.token_hash is not distinct from old.token_hash;
begin
  -- An import brings its own.
  if new.updated = old.updated and not is_resealed then new.updated = now(); end if;
  return new;
end $$;
