-- Takes the chains of audit.jsonl, as `keyturn audit export` wrote them, into an audit that holds none of them. As a writer.

create temporary table lines (line json);

-- One line is one value: these two never stand in JSON.
\copy lines from 'audit.jsonl' with (format csv, quote e'\x01', delimiter e'\x02')

insert into keyturn_audit.records (credential, seq, prev, hash, entry, signature)
select
  line -> 'entry' ->> 'credential',
  (line ->> 'seq')::integer,
  line ->> 'prev',
  line ->> 'hash',
  line -> 'entry',
  line ->> 'signature'
from lines
order by 1, 2;
