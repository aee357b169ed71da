-- Up Migration

-- The order of "C" is that of every machine: an index by a language's order breaks when the system's library is replaced.
create table keyturn_audit.records (
  credential text collate "C" not null,
  seq integer not null check (seq >= 1),
  prev text not null,
  hash text not null,
  -- As it was written: `jsonb` refuses some texts and writes numbers in another way.
  entry json not null,
  signature text,
  primary key (credential, seq),
  unique (credential, hash)
);

-- Names mean the server's own, whatever a session puts before them.
create function keyturn_audit.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the audit is append-only' using errcode = 'restrict_violation';
end
$$;

create function keyturn_audit.refuse_gap() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.seq > 1 and not exists (
    select from keyturn_audit.records where credential = new.credential and seq = new.seq - 1
  ) then
    raise exception 'a record follows the last one' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create trigger records_are_not_changed before update or delete or truncate on keyturn_audit.records
  for each statement execute function keyturn_audit.refuse_change();
create trigger records_follow_each_other before insert on keyturn_audit.records
  for each row execute function keyturn_audit.refuse_gap();

-- Also for a session that leaves ordinary triggers out, as replication does.
alter table keyturn_audit.records enable always trigger records_are_not_changed;

grant select on keyturn_audit.records, keyturn_audit.migrations to keyturn_audit_writer, keyturn_audit_reader;
grant insert on keyturn_audit.records to keyturn_audit_writer;
