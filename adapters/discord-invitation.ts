/** The rights of a Discord bot, for the bot itself and for the setup: one list, in a file that loads no discord.js. */

/** What the bot uses, as Discord's pages name it, with its bit (https://discord.com/developers/docs/topics/permissions). */
const rights: Readonly<Record<string, bigint>> = {
  'View Channels': 10n,
  'Send Messages': 11n,
  'Embed Links': 14n,
  'Attach Files': 15n,
  'Read Message History': 16n,
  'Create Public Threads': 35n,
  'Send Messages in Threads': 38n,
};
const administrator = 1n << 3n;

/** Where the owner adds the bot to a server, with the rights that it uses. */
export function discordInvitation(applicationId: string): string {
  const permissions = Object.values(rights).reduce((sum, bit) => sum | (1n << bit), 0n);
  const query = new URLSearchParams({
    client_id: applicationId,
    permissions: String(permissions),
    scope: 'bot applications.commands',
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}

/** Names of the rights that are not among these. */
export function missingRights(permissions: bigint): readonly string[] {
  if ((permissions & administrator) !== 0n) return [];
  return Object.keys(rights).filter((name) => (permissions & (1n << (rights[name] ?? 0n))) === 0n);
}
