// The transports that the page has, in the order of its lanes. A new one is a file beside this, a line here, and its texts.
// SPDX-License-Identifier: MIT
import { LongpollTransport } from './longpoll.js';
import { PollTransport } from './poll.js';
import { SocketioTransport } from './socketio.js';
import { SseTransport } from './sse.js';
import { WsTransport } from './ws.js';

export const TRANSPORTS = [PollTransport, LongpollTransport, SseTransport, WsTransport, SocketioTransport];
