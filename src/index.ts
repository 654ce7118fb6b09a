/**
 * The face of the package: the class the original had, the transports behind it, and the ports for a chat platform of
 * one's own. All of it runs on web standards; what needs Node is loaded when used.
 */
export type {
  Bot,
  Bridge,
  ContextLimits,
  DeviceAuth,
  JwtAuth,
  OpenBot,
  PlaygroundBot,
  PlaygroundDraft,
  Profile,
} from './bots/bot.ts';
export { parseBot } from './bots/schema.ts';
export type { Cache } from './coze/cache.ts';
export { type Clients, type ClientsOptions, createClients } from './coze/client.ts';
export { createOpenTransport, type OpenTransportOptions } from './coze/open/transport.ts';
export {
  createPlaygroundTransport,
  type PlaygroundOptions,
  type PlaygroundTransport,
} from './coze/playground/transport.ts';
export type {
  ChatRef,
  FileToUpload,
  Question,
  ReplyEvent,
  ToolCall,
  ToolOutput,
  Transport,
  UploadedFile,
} from './coze/transport.ts';
export type { AnswerOptions, Engine, SurfaceFor } from './engine.ts';
export { type ErrorCode, type ErrorDetails, errorCode, isRealCozeError, RealCozeError } from './errors.ts';
export type { Log } from './log.ts';
export type {
  Attachment,
  Button,
  Choice,
  Incoming,
  Language,
  Level,
  Notice,
  Person,
  Place,
  Role,
  Turn,
} from './message.ts';
export {
  type AskOptions,
  type HistoryItem,
  type HistoryKind,
  RealCozeAPI,
  RealCozeAPI as default,
  type RealCozeOptions,
  type ReplyData,
  type SendCallback,
} from './real-coze-api.ts';
export type { BudgetName, Content, Receipt, Surface } from './surface.ts';
export type { Fetch, OpenWebSocket, Web } from './web.ts';
