-- Something known, sealed under the secret key: tells at the start whether the key is the one of this database.
create table secret_key_check (
  only_one boolean primary key default true check (only_one),
  sealed bytea not null
);
