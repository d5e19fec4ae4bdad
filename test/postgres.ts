/** Statements to a PostgreSQL server as such: databases come and go. */
import pg from 'pg'

/** One connection to each server, as long as this process has something to do: opening one takes 25 ms. */
const servers = new Map<string, pg.Pool>()

export async function onServer(url: string, statement: string): Promise<{ rows: unknown[] }> {
  let server = servers.get(url)
  if (server === undefined) {
    server = new pg.Pool({ connectionString: url, max: 1, allowExitOnIdle: true })
    // The server was stopped while nobody spoke with it; whoever speaks next hears so.
    server.on('error', () => undefined)
    servers.set(url, server)
  }
  return server.query(statement)
}

export function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
