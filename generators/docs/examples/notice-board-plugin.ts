/** Shown in "Write your own plugin"; the tests make a manifest of it. */
import {
  connector,
  type ConnectorRuntime,
  defineAuthMethod,
  defineConnectorType,
  defineCredentialKind,
  definePlugin,
  defineResourceType,
  defineSecretSchema,
  KeywrightError,
  offer,
  secretString,
} from "@keywright/core";
import * as z from "zod";

const boardKey = defineSecretSchema({
  id: "notice-board-key",
  title: "Notice board key",
  description: "Key of a member.",
  fields: z.strictObject({ key: secretString("The member's key.") }),
});
const boardToken = defineCredentialKind({
  id: "notice-board-token",
  title: "Notice board token",
  description: "Reads one board for ten minutes.",
  fields: z.strictObject({ token: secretString("Bearer token.") }),
});
const board = defineResourceType({
  id: "notice-board",
  title: "Board",
  description: "A board and its notices.",
  credentials: [boardToken],
});
const memberKey = defineAuthMethod({
  id: "member-key",
  title: "Member key",
  description: "Exchanges a member's key for a token.",
  config: z.strictObject({ member: z.string().describe("Name of the member.") }),
  secret: boardKey,
  lifetime: { min: 60, default: 600, max: 600 },
  provides: [],
});
export const noticeBoard = defineConnectorType({
  id: "notice-board",
  title: "Notice board",
  description: "Boards of the village.",
  config: z.strictObject({}),
  facts: [],
  hosts: ["board.example.com"],
  authMethods: [memberKey],
  resources: [
    offer(board, {
      resourceId: {
        spellings: ["board://{name}", "{name}"],
        fields: { name: { pattern: "[a-z]{1,20}", example: "market" } },
      },
      access: {
        read: { credential: boardToken, confinement: null, permissions: [{ actions: ["read"], on: "board/{name}" }] },
      },
      list: null,
      revocable: false,
    }),
  ],
});

type Session = { readonly key: string };
export const runtime: ConnectorRuntime<typeof noticeBoard, Session> = {
  authMethods: {
    "member-key": {
      open: async ({ config, secret }, call) => {
        const key = secret.key.reveal();
        const answer = await call.network.fetch("https://board.example.com/me", {
          headers: { authorization: `Bearer ${key}` },
          signal: call.signal,
        });
        if (!answer.ok)
          throw new KeywrightError("access-denied", `The board does not know ${config.member}.`, {
            hint: "Ask the board's keeper for a new key, then: keywright connector rotate {connector}.",
          });
        return { session: { key }, identity: { principal: config.member, by: "GET /me" }, facts: {}, expiresAt: null };
      },
    },
  },
  resources: {
    "notice-board": {
      // oxlint-disable-next-line require-yield -- opening the session has proved all there is to check
      async *verify() {},
      issue: async (session, target, call) => {
        const answer = await call.network.fetch(`https://board.example.com/tokens/${target.resource.fields.name}`, {
          method: "POST",
          headers: { authorization: `Bearer ${session.key}` },
          signal: call.signal,
        });
        const { token } = z.object({ token: z.string() }).parse(await answer.json());
        return {
          kind: "notice-board-token",
          credential: boardToken.fields.parse({ token }),
          expiresAt: new Date(call.now().getTime() + target.ttlSeconds * 1000),
        };
      },
    },
  },
};

// In a plugin of its own the runtime is a file that is loaded on first use: () => import("./runtime/index.ts").
export default definePlugin({ connectors: [connector(noticeBoard, async () => ({ default: runtime }))] });
