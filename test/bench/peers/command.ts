/** Slash commands as Discord sends them to a bot's endpoint: one JSON body, signed with the application's ed25519 key. */
import { generateKeyPairSync, sign } from 'node:crypto';

/** The command's name, as the SDK gives it to handlers. */
export const COMMAND = '/ask';
export const APPLICATION = '1';
export const GUILD = '200';
export const CHANNEL = '300';

/** InteractionType.ApplicationCommand, ApplicationCommandType.ChatInput, ApplicationCommandOptionType.String. */
const TYPE = { interaction: 2, command: 1, option: 3 };
/** InteractionResponseType.DeferredChannelMessageWithSource: "thinking" until the answer comes. */
export const DEFERRED = 5;

export interface Commands {
  /** What the application's page shows the owner, in hex. */
  readonly publicKey: string;
  /** The request by which Discord tells of one command; `question` is its only option, and its token is `tokenOf(question)`. */
  readonly request: (question: string) => Request;
}

export function tokenOf(question: string): string {
  return `token-${question}`;
}

/** Commands of an application with a new pair of keys. */
export function createCommands(): Commands {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(x, 'base64url').toString('hex'),
    request: (question) => {
      const body = JSON.stringify(interaction(question));
      const timestamp = '1700000000';
      const signature = sign(null, Buffer.from(timestamp + body), privateKey).toString('hex');
      return new Request('http://127.0.0.1/interactions', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Signature-Ed25519': signature,
          'X-Signature-Timestamp': timestamp,
        },
        body,
      });
    },
  };
}

function interaction(question: string): object {
  const user = { id: '500', username: 'member', global_name: 'Member', discriminator: '0', avatar: null };
  return {
    version: 1,
    id: `9${question.charCodeAt(0)}`,
    application_id: APPLICATION,
    type: TYPE.interaction,
    token: tokenOf(question),
    guild_id: GUILD,
    channel_id: CHANNEL,
    channel: { id: CHANNEL, type: 0, name: 'general', guild_id: GUILD },
    member: {
      user,
      roles: [],
      permissions: '2147483647',
      joined_at: '2024-01-01T00:00:00.000Z',
      deaf: false,
      mute: false,
    },
    app_permissions: '2147483647',
    authorizing_integration_owners: { 0: GUILD },
    attachment_size_limit: 10_485_760,
    context: 0,
    entitlements: [],
    locale: 'en-US',
    guild_locale: 'en-US',
    data: {
      id: '700',
      name: COMMAND.slice(1),
      type: TYPE.command,
      options: [{ name: 'question', type: TYPE.option, value: question }],
    },
  };
}
