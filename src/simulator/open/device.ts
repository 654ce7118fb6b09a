/** Login by device code (Coze docs: oauth_device_code), and the trade of refresh tokens for new pairs. */
import { randomBytes, randomInt } from 'node:crypto';
import { type Exchange, type Fields, jsonBody, Refusal, sendJson } from '../exchange.ts';
import { now } from '../ids.ts';
import type { World } from '../world.ts';

/** The logins of a service, as the owner's browser sees them: what a test presses instead of the page's buttons. */
export interface Logins {
  /** Allows the login that shows this code. */
  approve(userCode: string): void;
  /** Refuses it. */
  deny(userCode: string): void;
  /** Ends every login there is, as thirty days without use do: no token of theirs is taken any more. */
  end(): void;
}

/** What the token call knows of logins. */
export interface LoginDesk {
  readonly logins: Logins;
  /** Answers `device/code`. */
  begin(exchange: Exchange): void;
  /** Answers the token call for a device code. */
  poll(exchange: Exchange, body: Fields): void;
  /** Answers the token call for a refresh token. */
  refresh(exchange: Exchange, body: Fields): void;
}

interface Login {
  readonly clientId: string;
  readonly userCode: string;
  readonly endsAt: number;
  state: 'authorization_pending' | 'access_denied' | 'approved';
  polledAt: number;
}

/** Seconds, as Coze has them. */
const life = { code: 300, access: 900 };
const interval = 5;
const mostLogins = 100;

/** @param clients ids of the OAuth apps that may log in. */
export function createLoginDesk(world: World, clients: readonly string[]): LoginDesk {
  const logins = new Map<string, Login>();
  /** Refresh tokens that have not been used, and the access token that came with each. */
  const refreshTokens = new Map<string, { readonly clientId: string; readonly access: string }>();

  const issue = ({ response }: Exchange, clientId: string) => {
    const access = secret('czu_');
    const refresh = secret('czr_');
    const expiresAt = now() + life.access;
    world.accounts.set(access, { account: 'owner', expiresAt });
    refreshTokens.set(refresh, { clientId, access });
    sendJson(response, 200, {
      access_token: access,
      refresh_token: refresh,
      expires_in: expiresAt,
      token_type: 'Bearer',
    });
  };
  const settle = (userCode: string, state: Login['state']) => {
    for (const login of logins.values()) if (login.userCode === userCode) login.state = state;
  };
  return {
    logins: {
      approve: (userCode) => settle(userCode, 'approved'),
      deny: (userCode) => settle(userCode, 'access_denied'),
      end() {
        for (const { access } of refreshTokens.values()) world.accounts.delete(access);
        refreshTokens.clear();
      },
    },
    begin(exchange) {
      const clientId = knownClient(clients, jsonBody(exchange));
      const [code, userCode] = [secret(''), makeUserCode()];
      for (const oldest of logins.keys()) if (logins.size >= mostLogins) logins.delete(oldest);
      logins.set(code, { clientId, userCode, endsAt: now() + life.code, state: 'authorization_pending', polledAt: 0 });
      const page = `${world.url}/device`;
      sendJson(exchange.response, 200, {
        ...{ device_code: code, user_code: userCode, interval, expires_in: life.code },
        ...{ verification_uri: page, verification_url: `${page}?user_code=${userCode}` },
      });
    },
    poll(exchange, body) {
      const clientId = knownClient(clients, body);
      const login = logins.get(String(body.device_code));
      if (login?.clientId !== clientId) throw new OAuthRefusal('invalid_request', 'device_code is unknown.');
      if (login.endsAt <= now()) throw new OAuthRefusal('expired_token', 'The code has expired.');
      const early = Date.now() - login.polledAt < interval * 1000;
      login.polledAt = Date.now();
      if (login.state !== 'approved') {
        const word = early && login.state === 'authorization_pending' ? 'slow_down' : login.state;
        throw new OAuthRefusal(word, 'The login has not been allowed.');
      }
      logins.delete(String(body.device_code));
      issue(exchange, clientId);
    },
    refresh(exchange, body) {
      const clientId = knownClient(clients, body);
      const token = String(body.refresh_token);
      if (refreshTokens.get(token)?.clientId !== clientId)
        throw new OAuthRefusal('invalid_request', 'refresh_token is unknown or was used before.');
      refreshTokens.delete(token);
      issue(exchange, clientId);
    },
  };
}

function knownClient(clients: readonly string[], body: Fields): string {
  const client = clients.find((id) => id === body.client_id);
  if (client === undefined) throw new OAuthRefusal('invalid_client', 'No app has this client_id.');
  return client;
}

function secret(prefix: string): string {
  return prefix + randomBytes(24).toString('base64url');
}

function makeUserCode(): string {
  return randomInt(36 ** 7, 36 ** 8)
    .toString(36)
    .toUpperCase();
}

/** The shape of the errors of all OAuth calls. */
export class OAuthRefusal extends Refusal {
  constructor(code: string, message: string) {
    super(code, message, code === 'invalid_client' ? 401 : 400);
  }

  override body(): unknown {
    return { error_code: this.code, error_message: this.message };
  }
}
