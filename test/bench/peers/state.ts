/** The chat SDK's state port in memory. A post stores the histories of its threads; locks and queues are for what comes in. */
import type { Lock, StateAdapter } from 'chat';

export function createState(): StateAdapter {
  const values = new Map<string, unknown>();
  const lists = new Map<string, unknown[]>();
  const unused = (what: string) => async () => {
    throw new Error(`A streamed post was not expected to use ${what}.`);
  };
  return {
    connect: async () => {},
    disconnect: async () => {},
    get: async <T>(key: string) => (values.get(key) as T | undefined) ?? null,
    set: async (key, value) => void values.set(key, value),
    setIfNotExists: async (key, value) => {
      if (values.has(key)) return false;
      values.set(key, value);
      return true;
    },
    delete: async (key) => void values.delete(key),
    appendToList: async (key, value, options) => {
      const list = [...(lists.get(key) ?? []), value];
      lists.set(key, list.slice(-(options?.maxLength ?? list.length)));
    },
    getList: async <T>(key: string) => (lists.get(key) ?? []) as T[],
    isSubscribed: async () => false,
    subscribe: async () => {},
    unsubscribe: async () => {},
    queueDepth: async () => 0,
    acquireLock: async (threadId, ttlMs): Promise<Lock> => ({
      threadId,
      token: threadId,
      expiresAt: Date.now() + ttlMs,
    }),
    extendLock: async () => true,
    releaseLock: async () => {},
    forceReleaseLock: async () => {},
    enqueue: unused('its queue'),
    dequeue: unused('its queue'),
  };
}
