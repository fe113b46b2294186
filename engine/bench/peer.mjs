// Runs a workload, which stands as JSON on the standard input, on a package of npm, and prints
// what it found out as one line of JSON.
import { isDeepStrictEqual } from 'node:util';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

if (!Promise.withResolvers) { // which Node has from version 22 on
  Promise.withResolvers = function () {
    let resolve, reject;
    const promise = new this((a, b) => { resolve = a; reject = b; });
    return { promise, resolve, reject };
  };
}
const [folder, name, warmUp, duration] = process.argv.slice(2);
const require = createRequire(pathToFileURL(folder + '/package.json'));
const report = (found) => { console.log(JSON.stringify(found)); process.exit(0); };

let text = '';
for await (const part of process.stdin) text += part;
const workload = JSON.parse(text);
const refuses = workload.refused !== undefined;

// each calls a function with every state of a definition, also of those within it.
function each(node, call) {
  if (node === null || typeof node !== 'object') return;
  for (const [name, state] of Object.entries(node.States ?? {})) call(name, state);
  for (const value of Object.values(node)) each(value, call);
}

// A runner returns what runs the workload once, and comes to its output.
const runners = {
  'aws-local-stepfunctions': async () => {
    const { StateMachine } = await import(pathToFileURL(require.resolve(name)));
    const handlers = {}; // by state
    each(workload.definition, (name, state) => {
      if (state.Type === 'Task') handlers[name] = async (input) => input;
    });
    const machine = new StateMachine(workload.definition);
    return () => machine.run(workload.input, { overrides: { taskResourceLocalHandlers: handlers } }).result;
  },
  '@wmfs/statebox': async () => {
    const Statebox = require(name);
    const quiet = { info() {}, warning() {}, error() {} };
    const box = new Statebox({ messages: quiet });
    await box.ready;
    box.createModuleResources({ echo: class { run(event, context) { context.sendTaskSuccess(event); } } });
    const definition = structuredClone(workload.definition);
    each(definition, (_, state) => {
      if (state.Type === 'Task') state.Resource = 'module:echo';
      if (state.ItemProcessor) { // the older spelling, which AWS takes, too
        state.Iterator = state.ItemProcessor;
        state.ItemsPath ??= '$';
        delete state.ItemProcessor;
      }
    });
    await box.createStateMachines({ m: definition }, {});
    return async () => {
      const done = await box.startExecution(structuredClone(workload.input), 'm', { sendResponse: 'COMPLETE' });
      box.dao.executions = {}; // which keeps all, and looks for children among them
      if (done.status !== 'SUCCEEDED') throw new Error(done.errorMessage ?? done.status);
      return done.ctx;
    };
  },
};

// A parser returns what parses and validates the text of a definition, and says whether it is valid.
const parsers = {
  'aws-local-stepfunctions': async () => {
    const { StateMachine } = await import(pathToFileURL(require.resolve(name)));
    return (text) => {
      const definition = JSON.parse(text);
      try {
        new StateMachine(definition);
      } catch {
        return false;
      }
      return true;
    };
  },
  'asl-validator': async () => {
    const validate = require(name);
    return (text) => validate(JSON.parse(text)).isValid;
  },
  '@wmfs/statelint': async () => {
    const { StateLint } = require(name);
    const lint = new StateLint();
    return (text) => lint.validate(JSON.parse(text)).length === 0;
  },
  'amazon-states-language-service': async () => {
    const { getLanguageService, TextDocument } = require(name);
    const service = getLanguageService({});
    return async (text) => {
      const document = TextDocument.create('file:///m.asl.json', 'asl', 1, text);
      const found = await service.doValidation(document, service.parseJSONDocument(document));
      return found.every((diagnostic) => diagnostic.severity !== 1);
    };
  },
};

// prepare checks what the package makes of the workload, and returns what does it once more.
async function prepare() {
  if (refuses) {
    const valid = await parsers[name]();
    const [right, wrong] = [workload.definition, workload.refused].map((definition) => JSON.stringify(definition));
    if (!await valid(right)) report({ wrong: 'a valid definition is refused' });
    if (await valid(wrong)) report({ wrong: 'a definition that is wrong is accepted' });
    return () => valid(right);
  }
  const run = await runners[name]();
  const late = setTimeout(() => report({ failed: 'it comes to no end' }), 10_000);
  const output = await run();
  clearTimeout(late);
  if (!isDeepStrictEqual(output, workload.output)) report({ wrong: JSON.stringify(output) ?? 'nothing' });
  return run;
}

process.on('unhandledRejection', (e) => report({ failed: String(e?.message ?? e) }));
try {
  const run = await prepare();
  let count, seconds;
  for (const time of [Number(warmUp), Number(duration)]) {
    const began = process.hrtime.bigint();
    count = 0;
    do {
      await run();
      count++;
      seconds = Number(process.hrtime.bigint() - began) / 1e9;
    } while (seconds < time);
  }
  report({ units: count * workload.units, seconds });
} catch (e) {
  report({ failed: String(e?.message ?? e) });
}
