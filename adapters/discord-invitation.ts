/** The invitation of a Discord bot, for the bot itself and for the setup: one list of rights, in a file that loads no discord.js. */

/** What the bot uses, by its bits (https://discord.com/developers/docs/topics/permissions). */
const rights = {
  viewChannel: 10n,
  sendMessages: 11n,
  embedLinks: 14n,
  attachFiles: 15n,
  readMessageHistory: 16n,
  createPublicThreads: 35n,
  sendMessagesInThreads: 38n,
};

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
