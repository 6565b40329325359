/**
 * The tables of the original, as the database specification gives them: release 0.21, without those of its web framework and of
 * features that the service does not carry. References are checked at the end of a transaction, as there.
 */
export const ORIGINAL_SCHEMA = `
create table auth_user (
  id serial primary key,
  password varchar(128) not null,
  last_login timestamptz not null,
  is_superuser boolean not null,
  username varchar(30) not null,
  first_name varchar(30) not null,
  last_name varchar(30) not null,
  email varchar(75) not null,
  is_staff boolean not null,
  is_active boolean not null,
  date_joined timestamptz not null,
  unique (username)
);

create table auth_group (
  id serial primary key,
  name varchar(80) not null,
  unique (name)
);

create table auth_user_groups (
  id serial primary key,
  user_id integer not null,
  group_id integer not null,
  unique (user_id, group_id)
);

create table im_astakosuser (
  user_ptr_id integer primary key,
  affiliation varchar(255),
  level integer not null,
  invitations integer not null,
  auth_token varchar(64),
  auth_token_created timestamptz,
  auth_token_expires timestamptz,
  updated timestamptz not null,
  deactivated_reason text,
  deactivated_at timestamptz,
  has_credits boolean not null,
  is_verified boolean not null,
  email_verified boolean not null,
  verification_code varchar(255),
  verified_at timestamptz,
  activation_sent timestamptz,
  is_rejected boolean not null,
  rejected_reason text,
  moderated boolean not null,
  moderated_at timestamptz,
  moderated_data text,
  accepted_policy varchar(255),
  accepted_email varchar(75),
  has_signed_terms boolean not null,
  date_signed_terms timestamptz,
  uuid varchar(255) not null,
  disturbed_quota boolean not null,
  base_project_id bigint,
  default_project varchar(255),
  unique (auth_token),
  unique (uuid),
  unique (verification_code)
);

create table im_astakosuserauthprovider (
  id serial primary key,
  affiliation varchar(255),
  module varchar(255) not null,
  identifier varchar(255) not null,
  active boolean not null,
  auth_backend varchar(255) not null,
  info_data text,
  created timestamptz not null,
  last_login_at timestamptz,
  user_id integer not null,
  unique (identifier, module, user_id)
);

create table im_component (
  id serial primary key,
  name varchar(255) not null,
  url varchar(1024),
  base_url varchar(1024),
  auth_token varchar(64),
  auth_token_created timestamptz,
  auth_token_expires timestamptz,
  unique (auth_token),
  unique (name)
);

create table im_service (
  id serial primary key,
  name varchar(255) not null,
  type varchar(255) not null,
  component_id integer not null,
  unique (name)
);

create table im_endpoint (
  id serial primary key,
  service_id integer not null
);

create table im_endpointdata (
  id serial primary key,
  key varchar(255) not null,
  value varchar(1024) not null,
  endpoint_id integer not null,
  unique (endpoint_id, key)
);

create table im_resource (
  id serial primary key,
  name varchar(255) not null,
  "desc" text,
  service_type varchar(255) not null,
  service_origin varchar(255) not null,
  unit varchar(255),
  uplimit bigint not null,
  project_default bigint not null,
  ui_visible boolean not null,
  api_visible boolean not null,
  unique (name)
);

create table im_astakosuserquota (
  id serial primary key,
  capacity bigint not null,
  resource_id integer not null,
  user_id integer not null,
  unique (resource_id, user_id)
);

create table im_project (
  id bigint primary key,
  creation_date timestamptz not null,
  name varchar(80),
  state integer not null,
  uuid varchar(255) not null,
  realname varchar(80) not null,
  homepage varchar(255) not null,
  description text not null,
  end_date timestamptz not null,
  member_join_policy integer not null,
  member_leave_policy integer not null,
  limit_on_members_number bigint not null,
  private boolean not null,
  is_base boolean not null,
  last_application_id integer,
  owner_id integer,
  unique (name),
  unique (uuid)
);

create table im_chain (
  chain serial primary key
);

create table im_projectapplication (
  id serial primary key,
  state integer not null,
  name varchar(80),
  homepage varchar(255),
  description text,
  start_date timestamptz,
  end_date timestamptz,
  member_join_policy integer,
  member_leave_policy integer,
  limit_on_members_number bigint,
  comments text,
  issue_date timestamptz not null,
  response_date timestamptz,
  response text,
  waive_date timestamptz,
  waive_reason text,
  private boolean,
  applicant_id integer not null,
  chain bigint not null,
  owner_id integer,
  response_actor_id integer,
  waive_actor_id integer,
  unique (chain, id)
);

create table im_projectresourcegrant (
  id serial primary key,
  project_capacity bigint not null,
  member_capacity bigint not null,
  project_application_id integer not null,
  resource_id integer not null,
  unique (resource_id, project_application_id)
);

create table im_projectresourcequota (
  id serial primary key,
  project_capacity bigint not null,
  member_capacity bigint not null,
  project_id bigint not null,
  resource_id integer not null,
  unique (resource_id, project_id)
);

create table im_projectmembership (
  id serial primary key,
  state integer not null,
  overquota_state varchar(255) not null,
  overquota_state_date timestamptz not null,
  overquota_date timestamptz,
  initialized boolean not null,
  person_id integer not null,
  project_id bigint not null,
  unique (person_id, project_id)
);

create table im_projectmembershiplog (
  id serial primary key,
  from_state integer,
  to_state integer not null,
  date timestamptz not null,
  reason text,
  comments text,
  actor_id integer,
  membership_id integer not null
);

create table im_projectlog (
  id serial primary key,
  from_state integer,
  to_state integer not null,
  date timestamptz not null,
  reason text,
  comments text,
  actor_id integer,
  project_id bigint not null
);

create table im_approvalterms (
  id serial primary key,
  date timestamptz not null,
  location varchar(255) not null
);

create table oa2_client (
  id serial primary key,
  name varchar(100) not null,
  identifier varchar(255) not null,
  secret varchar(255),
  url varchar(255) not null,
  type varchar(100) not null,
  is_trusted boolean not null,
  unique (identifier)
);

create table oa2_redirecturl (
  id serial primary key,
  is_default boolean not null,
  url text not null,
  client_id integer not null,
  unique (client_id, url)
);

create table oa2_authorizationcode (
  id serial primary key,
  code text not null,
  redirect_uri text,
  scope text,
  created_at timestamptz not null,
  access_token varchar(100) not null,
  state text,
  client_id integer not null,
  user_id integer not null
);

create table oa2_token (
  id serial primary key,
  code text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  token_type varchar(100) not null,
  grant_type varchar(100) not null,
  redirect_uri text not null,
  scope text,
  access_token varchar(100) not null,
  state text,
  client_id integer not null,
  user_id integer not null
);

create table quotaholder_app_holding (
  id serial primary key,
  holder varchar(4096) not null,
  source varchar(4096),
  resource varchar(4096) not null,
  "limit" bigint not null,
  usage_min bigint not null,
  usage_max bigint not null,
  unique (holder, source, resource)
);

create table quotaholder_app_commission (
  serial serial primary key,
  name varchar(4096) not null,
  clientkey varchar(4096) not null,
  issue_datetime timestamptz not null
);

create table quotaholder_app_provision (
  id serial primary key,
  holder varchar(4096) not null,
  source varchar(4096),
  resource varchar(4096) not null,
  quantity bigint not null,
  serial_id integer not null
);

create table quotaholder_app_provisionlog (
  id serial primary key,
  serial bigint not null,
  name varchar(4096) not null,
  issue_time varchar(4096) not null,
  log_time varchar(4096) not null,
  holder varchar(4096) not null,
  source varchar(4096),
  resource varchar(4096) not null,
  "limit" bigint not null,
  usage_min bigint not null,
  usage_max bigint not null,
  delta_quantity bigint not null,
  reason varchar(4096) not null
);

alter table auth_user_groups add foreign key (user_id) references auth_user (id) deferrable initially deferred;
alter table auth_user_groups add foreign key (group_id) references auth_group (id) deferrable initially deferred;
alter table im_astakosuser add foreign key (user_ptr_id) references auth_user (id) deferrable initially deferred;
alter table im_astakosuser add foreign key (base_project_id) references im_project (id) deferrable initially deferred;
alter table im_astakosuserauthprovider add foreign key (user_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_service add foreign key (component_id) references im_component (id) deferrable initially deferred;
alter table im_endpoint add foreign key (service_id) references im_service (id) deferrable initially deferred;
alter table im_endpointdata add foreign key (endpoint_id) references im_endpoint (id) deferrable initially deferred;
alter table im_astakosuserquota add foreign key (resource_id) references im_resource (id) deferrable initially deferred;
alter table im_astakosuserquota add foreign key (user_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_project add foreign key (last_application_id) references im_projectapplication (id) deferrable initially deferred;
alter table im_project add foreign key (owner_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectapplication add foreign key (applicant_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectapplication add foreign key (chain) references im_project (id) deferrable initially deferred;
alter table im_projectapplication add foreign key (owner_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectapplication add foreign key (response_actor_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectapplication add foreign key (waive_actor_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectresourcegrant add foreign key (project_application_id) references im_projectapplication (id) deferrable initially deferred;
alter table im_projectresourcegrant add foreign key (resource_id) references im_resource (id) deferrable initially deferred;
alter table im_projectresourcequota add foreign key (project_id) references im_project (id) deferrable initially deferred;
alter table im_projectresourcequota add foreign key (resource_id) references im_resource (id) deferrable initially deferred;
alter table im_projectmembership add foreign key (person_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectmembership add foreign key (project_id) references im_project (id) deferrable initially deferred;
alter table im_projectmembershiplog add foreign key (actor_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectmembershiplog add foreign key (membership_id) references im_projectmembership (id) deferrable initially deferred;
alter table im_projectlog add foreign key (actor_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table im_projectlog add foreign key (project_id) references im_project (id) deferrable initially deferred;
alter table oa2_redirecturl add foreign key (client_id) references oa2_client (id) deferrable initially deferred;
alter table oa2_authorizationcode add foreign key (client_id) references oa2_client (id) deferrable initially deferred;
alter table oa2_authorizationcode add foreign key (user_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table oa2_token add foreign key (client_id) references oa2_client (id) deferrable initially deferred;
alter table oa2_token add foreign key (user_id) references im_astakosuser (user_ptr_id) deferrable initially deferred;
alter table quotaholder_app_provision add foreign key (serial_id) references quotaholder_app_commission (serial) deferrable initially deferred;
`
