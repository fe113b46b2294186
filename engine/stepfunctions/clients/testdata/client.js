// Calls the API by the SDK for JavaScript. The environment names the endpoint and the
// definitions.
"use strict";
const assert = require("node:assert/strict");
const { SFN, paginateGetExecutionHistory, StateMachineDoesNotExist, InvalidArn, InvalidToken } = require("@aws-sdk/client-sfn");

const env = process.env;
const sfn = new SFN({ endpoint: env.ENDPOINT, disableHostPrefix: true, maxAttempts: 1 });

async function create(name, definition, more) {
  return (await sfn.createStateMachine({ name, definition, roleArn: env.ROLE, ...more })).stateMachineArn;
}

async function ended(executionArn) {
  for (;;) {
    const d = await sfn.describeExecution({ executionArn });
    if (d.status !== "RUNNING") return d;
  }
}

async function main() {
  // Machines, versions, aliases, tags.
  assert.equal((await sfn.validateStateMachineDefinition({ definition: env.WORK })).result, "OK");
  const work = await create("work", env.WORK, { publish: true });
  const d = await sfn.describeStateMachine({ stateMachineArn: work });
  assert.equal(d.definition, env.WORK);
  assert.equal(d.creationDate.toISOString(), "2026-03-02T09:00:00.000Z");
  assert.equal((await sfn.listStateMachines({})).stateMachines.length, 1);
  await sfn.updateStateMachine({ stateMachineArn: work, definition: env.WORK_RENAMED });
  const second = (await sfn.publishStateMachineVersion({ stateMachineArn: work })).stateMachineVersionArn;
  assert.equal((await sfn.listStateMachineVersions({ stateMachineArn: work })).stateMachineVersions[0].stateMachineVersionArn, second);
  const routingConfiguration = [{ stateMachineVersionArn: second, weight: 100 }];
  const alias = (await sfn.createStateMachineAlias({ name: "PROD", routingConfiguration })).stateMachineAliasArn;
  await sfn.updateStateMachineAlias({ stateMachineAliasArn: alias, description: "live" });
  assert.equal((await sfn.describeStateMachineAlias({ stateMachineAliasArn: alias })).description, "live");
  assert.equal((await sfn.listStateMachineAliases({ stateMachineArn: work })).stateMachineAliases.length, 1);
  await sfn.tagResource({ resourceArn: work, tags: [{ key: "a", value: "1" }, { key: "b", value: "2" }] });
  await sfn.untagResource({ resourceArn: work, tagKeys: ["a"] });
  assert.deepEqual((await sfn.listTagsForResource({ resourceArn: work })).tags, [{ key: "b", value: "2" }]);

  // A worker: a failure, a redrive, a success.
  const { activityArn } = await sfn.createActivity({ name: "work" });
  assert.equal((await sfn.describeActivity({ activityArn })).name, "work");
  assert.equal((await sfn.listActivities({})).activities.length, 1);
  const poll = async () => (await sfn.getActivityTask({ activityArn })).taskToken;
  const { executionArn } = await sfn.startExecution({ stateMachineArn: alias, input: '{"n":1}' });
  const taskToken = await poll();
  await sfn.sendTaskHeartbeat({ taskToken });
  await sfn.sendTaskFailure({ taskToken, error: "Broken", cause: "the machine is" });
  assert.equal((await ended(executionArn)).error, "Broken");
  await sfn.redriveExecution({ executionArn });
  await sfn.sendTaskSuccess({ taskToken: await poll(), output: '{"done":true}' });
  assert.equal((await ended(executionArn)).output, '{"done":true}');
  let events = 0;
  for await (const page of paginateGetExecutionHistory({ client: sfn, pageSize: 5 }, { executionArn })) events += page.events.length;
  assert.equal(events, 12);
  assert.equal((await sfn.describeStateMachineForExecution({ executionArn })).definition, env.WORK_RENAMED);
  const stopped = await sfn.startExecution({ stateMachineArn: work });
  await sfn.stopExecution({ executionArn: stopped.executionArn });
  assert.equal((await ended(stopped.executionArn)).status, "ABORTED");
  assert.equal((await sfn.listExecutions({ stateMachineArn: work })).executions.length, 2);

  // Express.
  const express = await create("express", env.EXPRESS, { type: "EXPRESS" });
  assert.equal((await sfn.startSyncExecution({ stateMachineArn: express })).output, '"slept"');
  assert.equal((await sfn.testState({ definition: '{"Type":"Pass","Next":"B"}' })).nextState, "B");

  // A Map Run.
  const fan = await create("fan", env.FAN);
  const run = await sfn.startExecution({ stateMachineArn: fan, input: '{"items":[1]}' });
  const token = await poll();
  const { mapRunArn } = (await sfn.listMapRuns({ executionArn: run.executionArn })).mapRuns[0];
  await sfn.updateMapRun({ mapRunArn, maxConcurrency: 2 });
  await sfn.sendTaskSuccess({ taskToken: token, output: "1" });
  assert.equal((await ended(run.executionArn)).status, "SUCCEEDED");
  assert.equal((await sfn.describeMapRun({ mapRunArn })).itemCounts.succeeded, 1);

  // Errors have classes of their own.
  await assert.rejects(sfn.describeStateMachine({ stateMachineArn: work + "x" }), StateMachineDoesNotExist);
  await assert.rejects(sfn.describeExecution({ executionArn: "xyz" }), InvalidArn);
  await assert.rejects(sfn.listStateMachines({ nextToken: "wrong" }), InvalidToken);

  // Deletions.
  await sfn.deleteStateMachineAlias({ stateMachineAliasArn: alias });
  await sfn.deleteStateMachineVersion({ stateMachineVersionArn: second });
  await sfn.deleteStateMachine({ stateMachineArn: work });
  await sfn.deleteActivity({ activityArn });
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
