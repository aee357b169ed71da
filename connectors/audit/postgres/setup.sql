-- Makes the three roles and the schema of an audit. As an administrator (CREATEROLE, and CREATE on the database), in the
-- database that is to hold it; it may be run again:
--
--   psql -v ON_ERROR_STOP=1 -d keyturn -f setup.sql
--
-- Nobody logs in as one of these roles: logins of your own are members of them, see the README.

do $$
declare
  name text;
begin
  foreach name in array array['keyturn_audit_owner', 'keyturn_audit_writer', 'keyturn_audit_reader'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I nologin', name);
    end if;
  end loop;
end
$$;

-- Whoever is no superuser gives a schema only to a role that they are a member of.
grant keyturn_audit_owner to current_user;

create schema if not exists keyturn_audit authorization keyturn_audit_owner;
grant usage on schema keyturn_audit to keyturn_audit_writer, keyturn_audit_reader;
