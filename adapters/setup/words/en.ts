/** What setup says in English. */
import type { RealCozeError } from '#core/errors.ts';
import type { ListedBot } from '../list.ts';
import { table } from './table.ts';

export type Words = typeof en;

export const en = {
  welcome:
    'Real Coze setup. Enter alone skips a question and keeps what is set. Every answer is checked at once; secrets are not shown.',

  where: '\n1. Where is your Coze bot?',
  ownStudio: 'my own Coze Studio',
  whereQuestion: (known: string | undefined) =>
    `Number (Enter: ${known ? `stay with ${known}` : 'no Coze account for now, the sample bots answer by themselves'}):`,
  studioAddress: 'Address of Coze Studio, such as http://localhost:8888:',
  noAddress: 'That is not an address. It looks like http://localhost:8888.',
  proxyQuestion: 'A proxy to go through, such as socks5h://127.0.0.1:7890 (Enter: none):',
  noProxy: 'That is no proxy. It begins with socks5h://, socks5://, socks4://, http:// or https://.',
  noSuchNumber: (most: number) => `Type a number from 1 to ${most}, or only Enter.`,

  credential: (page: string) => `\n2. How may Real Coze speak to it? Tokens and apps are made on ${page}`,
  byToken: 'with a personal access token (pat_…; it ends after the days chosen there)',
  byDevice: 'by logging in with a code in the browser (needs an OAuth app of the kind "TV and limited input device")',
  credentialQuestion: (known: boolean) => `Number (Enter: ${known ? 'keep the token there is' : 'skip Coze'}):`,
  studioCredential: '\n2. Coze Studio gives access tokens under your avatar, "API Authorization".',
  tokenQuestion: (known: boolean) => `Paste the token (Enter: ${known ? 'keep the one there is' : 'skip Coze'}):`,
  noToken: 'That cannot be a token. Paste the bare value, without spaces.',
  account: (name: string) => `✓ Coze takes it${name ? `: you are ${name}` : ''}.`,
  otherRegion: (name: string) => `Is it a token of ${name}? (y/N)`,
  needsStore:
    'A login must be kept, and STORE_URL=memory:// forgets it. Remove that line from .env, or use a token, and run setup again.',
  deviceApp: 'The client id of the app ends with .app.coze.',
  clientQuestion: 'Client id (Enter: skip Coze):',
  device: (url: string, code: string, minutes: number) =>
    `Open ${url} in any browser and type the code ${code} within ${minutes} minutes. Waiting… (Ctrl-C leaves)`,

  bots: (bots: readonly ListedBot[]) => `\n3. Your bots:\n${table(bots, 'not published to the API')}`,
  noList: '\n3. Which bot? Its id stands at the end of the address of its page: …/bot/7400000000000000001',
  botQuestion: (listed: boolean) => `${listed ? 'Number or id' : 'Id or address'} of the bot (Enter: skip):`,
  noSuchBot: 'There is no such bot. Type a number of the list, or an id of digits.',
  unpublished: (name: string, studio: boolean) =>
    studio
      ? `${name} cannot be asked with this token. In Coze Studio open the agent, press "Publish", choose "API", publish, and use a token of the agent's own user. Then type it again.`
      : `${name} is not published to the API channel (4015). At Coze open the bot, press "Publish", tick "API" among the channels, press "Publish" again. Then type it again here.`,
  botWritten: (name: string, file: string) => `✓ ${name} is in ${file}.`,
  defaultQuestion: (name: string, others: readonly string[]) =>
    `Shall ${name} answer where nobody chose a bot, instead of ${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}? (Y/n)`,

  samples: (names: readonly string[]) =>
    `! ${names.join(', ')}: sample bots, which Coze does not know. Delete their folders, or put the bot_id of a bot of yours into their config.json.`,

  telegram: '\n4. Telegram: @BotFather makes a bot with /newbot and gives its token.',
  discord:
    '\n   Discord: discord.com/developers/applications, "New Application", then "Bot", "Reset Token" gives its token.',
  platformQuestion: (known: boolean) => `Paste the token (Enter: ${known ? 'keep the one there is' : 'skip'}):`,
  telegramRefused: 'Telegram does not know this token. Copy it again from @BotFather; it looks like 123456789:AAF-….',
  telegramIs: (username: string, name: string, readsAll: boolean) =>
    `✓ Telegram knows it as @${username} (${name}). ${
      readsAll
        ? 'It reads every message of its groups.'
        : 'In groups it hears mentions, replies and commands; for every message, tell @BotFather /setprivacy, Disable, and add the bot to the group again.'
    }`,
  discordRefused: 'Discord does not know this token. Press "Reset Token" on the page "Bot" and copy the new one.',
  discordIs: (name: string, intentPage: string | undefined, invitation: string) =>
    `✓ Discord knows it as ${name}. ${
      intentPage === undefined
        ? 'Message Content Intent is on: it can answer every message of a channel.'
        : `Message Content Intent is off: it hears mentions, direct messages and commands. To let it answer every message of a channel, switch the intent on at ${intentPage}`
    }\n  Invite it to your server: ${invitation}`,

  written: (variables: readonly string[]) =>
    variables.length > 0
      ? `\n5. Written to .env, which only you can read: ${variables.join(', ')}.`
      : '\n5. Nothing had to be changed in .env.',
  firstQuestion: 'Hello! Who are you, and what can you do?',
  asking: (question: string) => `\n6. Asking your bot: ${question}`,
  answered: (answer: string) => `✓ It answers:\n\n${answer.replace(/^(?=.)/gm, '  ')}`,
  askAgain: 'Ask again? (y/N)',
  goodbye: '\nReady. Start it with: npm start (where it runs already, end it with Ctrl-C first).',

  fault: (error: RealCozeError): string => `✗ ${error.message}`,
};
