import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import * as z from "npm:zod@^4";
import { ChatError } from "../../../learn/chat/response.ts";
import { createFormats, schemaName } from "../../../learn/chat/format.ts";
import { messages, withChat } from "./chat_client.ts";
import { type Answer, completion, refuse, reply } from "./chat_server.ts";

const schema = z.strictObject({ stop: z.boolean() }).meta({ title: "guidance-1" });
const jsonSchema = {
  type: "json_schema",
  json_schema: {
    name: "guidance-1",
    strict: true,
    schema: {
      title: "guidance-1",
      type: "object",
      properties: { stop: { type: "boolean" } },
      required: ["stop"],
      additionalProperties: false,
    },
  },
};

Deno.test("with a schema, JSON of that schema is asked for", async () => {
  await withChat([reply("{}")], {}, async (chat, { received }) => {
    await chat(messages, { schema });
    assertEquals(received[0].body.response_format, jsonSchema);
  });
});

Deno.test("an endpoint that refuses a format is asked for a simpler one, and not asked for the first again", async () => {
  const picky: Answer = ({ body }) =>
    body.response_format === undefined
      ? Response.json(completion("{}"))
      : Response.json({ error: `response_format ${body.response_format.type} is not supported` }, {
        status: body.response_format.type === "json_schema" ? 400 : 422,
      });
  await withChat([picky], { retries: 0 }, async (chat, { received }) => {
    await chat(messages, { schema });
    await chat(messages, { schema });
    const formats = received.map(({ body }) => body.response_format?.type);
    assertEquals(formats, ["json_schema", "json_object", undefined, undefined]);
  });
});

Deno.test("calls at the same time whose format is refused go down one format", async () => {
  const picky: Answer = ({ body }) =>
    body.response_format?.type === "json_object"
      ? Response.json(completion("{}"))
      : Response.json({ error: "unknown response_format" }, { status: 400 });
  await withChat([picky], { retries: 0 }, async (chat, { received }) => {
    await Promise.all([1, 2, 3].map(() => chat(messages, { schema })));
    await chat(messages, { schema });
    assertEquals(received.at(-1)!.body.response_format, { type: "json_object" });
  });
});

Deno.test("a status of 400 for another reason keeps the format", async () => {
  const answers = [refuse(400, "context too long"), reply("{}")];
  await withChat(answers, {}, async (chat, { received }) => {
    await assertRejects(() => chat(messages, { schema }), ChatError, "context too long");
    await chat(messages, { schema });
    assertEquals(received[1].body.response_format, jsonSchema);
  });
});

Deno.test("an error that only repeats the format does not count as refusing it", async () => {
  const other = refuse(422, 'context too long: {"response_format": …}');
  await withChat([other, other, other, reply("{}")], {}, async (chat, { received }) => {
    await assertRejects(() => chat(messages, { schema }), ChatError, "context too long");
    await chat(messages, { schema });
    assertEquals(received.at(-1)!.body.response_format, jsonSchema);
  });
});

Deno.test("a refusal of the format is recognized by one of several words", async () => {
  for (const said of ["JSON schema conversion failed", "Response Format!", "json_object needed"]) {
    await withChat([refuse(400, said), reply("{}")], {}, async (chat, { received }) => {
      await chat(messages, { schema });
      assertEquals(received[1].body.response_format, { type: "json_object" });
    });
  }
});

Deno.test("an endpoint that refuses even plain text is an error", async () => {
  await withChat([refuse(400, "response_format!")], {}, async (chat, { received }) => {
    await assertRejects(() => chat(messages, { schema }), ChatError, "status 400");
    assertEquals(received.length, 3);
  });
});

Deno.test("a schema that strict mode would refuse is not sent as strict", () => {
  const strict = z.strictObject({ rules: z.array(z.strictObject({ name: z.string() })) });
  const others = [
    z.object({ name: z.string() }),
    z.strictObject({ name: z.string().optional() }),
    z.strictObject({ name: z.string().min(1) }),
    z.strictObject({ rules: z.array(z.object({ name: z.string() })) }),
    z.array(z.string()),
  ];
  const isStrict = (schema: z.ZodType) => {
    const [format] = createFormats(schema);
    return format?.type === "json_schema" && format.json_schema.strict === true;
  };
  assert(isStrict(strict));
  for (const other of others) assert(!isStrict(other));
});

Deno.test("any object that tells its JSON schema is a schema, whatever library it is of", async () => {
  await withChat([reply("{}")], {}, async (chat, { received }) => {
    await chat(messages, { schema: { toJSONSchema: () => jsonSchema.json_schema.schema } });
    assertEquals(received[0].body.response_format, jsonSchema);
  });
});

Deno.test("a schema without title is named by the digest of its JSON schema", () => {
  const name = schemaName(z.strictObject({ stop: z.boolean() }));
  assertEquals(name, schemaName(z.strictObject({ stop: z.boolean() })));
  assert(name !== schemaName(z.strictObject({ stop: z.string() })));
  assertStringIncludes(name, "sha256:");
});

Deno.test("a call that began before a format was refused and ends after does not restore it", async () => {
  const refused = Promise.withResolvers<void>();
  const slow: Answer = async () => {
    await refused.promise;
    return Response.json(completion("{}"));
  };
  const answers = [slow, refuse(400, "unknown response_format"), reply("{}")];
  await withChat(answers, {}, async (chat, { received }) => {
    const first = chat(messages, { schema });
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await chat(messages, { schema });
    refused.resolve();
    await first;
    await chat(messages, { schema });
    const formats = received.map(({ body }) => body.response_format.type);
    assertEquals(formats, ["json_schema", "json_schema", "json_object", "json_object"]);
  });
});
