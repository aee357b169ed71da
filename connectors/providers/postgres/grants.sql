-- What Keyturn's admin login needs, and no more, for one login. As a superuser of PostgreSQL 16 or newer, once for each
-- login; it may be run again:
--
--   createuser keyturn
--   psql -v ON_ERROR_STOP=1 -v admin=keyturn -v login=orders_a -f grants.sql
--   psql -c '\password keyturn'

-- It logs in.
alter role :"admin" login;

-- It changes roles: nobody sets a password or a comment of another role without CREATEROLE and the next grant.
alter role :"admin" createrole;

-- It changes this login, and neither has its rights nor acts as it.
grant :"login" to :"admin" with admin true, inherit false, set false;

-- It ends the sessions of a removed login.
grant pg_signal_backend to :"admin";

-- It tells from where a login is used. Without this nothing is refused: the address is missing.
grant pg_read_all_stats to :"admin";
