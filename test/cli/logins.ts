import { Client } from 'pg';

export async function canLogIn(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  const opened = await client.connect().then(
    () => true,
    () => false,
  );
  await client.end();
  return opened;
}
