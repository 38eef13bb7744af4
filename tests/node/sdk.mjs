// Serves calls on the vendor's Node SDK over standard input and output, one JSON object a line: Node is slow to start.
//
//   in   {id, method: "hire.v1.talentPool.search", payload: {path, params, data}, token: one in place of the app's own}
//   out  {id, ok: what the method resolved to; for a ...WithIterator method, the list of its pages}
//        {id, status, body, headers}   an answer that the SDK threw
//        {id, failure: "…"}            what it threw without an answer
//
// APP_ID and APP_SECRET come from the environment, the domain as the argument. The first line out lists the methods.

import readline from "node:readline";

import lark from "@larksuiteoapi/node-sdk";

// The SDK's `loggerLevel: fatal` is 0, which it takes for unset. Standard output is for answers, so its words go nowhere.
const ignore = () => {};
const logger = { fatal: ignore, error: ignore, warn: ignore, info: ignore, debug: ignore, trace: ignore };
const { APP_ID: appId, APP_SECRET: appSecret } = process.env;
const options = { appId, appSecret, domain: process.argv[2], logger };
const client = new lark.Client(options);
// Only a client without a cache of tokens uses the token that a call is given.
const bare = new lark.Client({ ...options, disableTokenCache: true });

function methods() {
  const versions = ["v1", "v2"].flatMap((version) =>
    Object.entries(client.hire[version]).map(([resource, calls]) => [`hire.${version}.${resource}`, calls]),
  );
  return versions.flatMap(([resource, calls]) => Object.keys(calls).map((name) => `${resource}.${name}`));
}

async function call(method, payload, token) {
  const names = method.split(".");
  const name = names.pop();
  const resource = names.reduce((part, key) => part[key], token ? bare : client);
  const resolved = await resource[name](payload, token && lark.withTenantToken(token));
  if (!name.endsWith("WithIterator")) return resolved;
  const pages = [];
  for await (const page of resolved) pages.push(page);
  return pages;
}

async function answer({ method, payload, token }) {
  try {
    return { ok: await call(method, payload, token) };
  } catch (thrown) {
    const { response } = thrown;
    if (!response) return { failure: thrown.message };
    return { status: response.status, body: response.data, headers: response.headers };
  }
}

const write = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

write({ methods: methods() });
for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  write({ id: request.id, ...(await answer(request)) });
}
