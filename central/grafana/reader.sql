-- What Grafana may read of the register: names and records, never accounts, sessions or password hashes. Run it as the owner of
-- the database once the tables are there, and again after an upgrade; repeating it changes nothing. Whoever logs in for Grafana
-- is a member: CREATE ROLE grafana LOGIN PASSWORD '…' IN ROLE orewatch_reader.
do $$
begin
  if not exists (select from pg_roles where rolname = 'orewatch_reader') then
    create role orewatch_reader nologin;
  end if;
end
$$;
grant usage on schema public to orewatch_reader;
grant select on division, mine, gateway, device, point, gateway_record, completeness_event, security_event, quarantine_group to orewatch_reader;
