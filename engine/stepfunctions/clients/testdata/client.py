"""Calls the API by boto3. The environment names the endpoint and the definitions."""
import json
import os
import urllib.parse

import boto3
import botocore.exceptions
from botocore.config import Config

env = os.environ
sfn = boto3.client("stepfunctions", endpoint_url=env["ENDPOINT"], config=Config(inject_host_prefix=False))


def create(name, definition, **more):
    return sfn.create_state_machine(name=name, definition=definition, roleArn=env["ROLE"], **more)["stateMachineArn"]


def poll():
    return sfn.get_activity_task(activityArn=worker, workerName="boto3")["taskToken"]


def ended(execution):
    while True:
        d = sfn.describe_execution(executionArn=execution)
        if d["status"] != "RUNNING":
            return d


def equal(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


# Machines, versions, aliases, tags.
equal(sfn.validate_state_machine_definition(definition=env["WORK"])["result"], "OK")
work = create("work", env["WORK"], publish=True, tags=[{"key": "team", "value": "orders"}])
d = sfn.describe_state_machine(stateMachineArn=work)
equal(d["definition"], env["WORK"])
equal(d["creationDate"].isoformat()[:10], "2026-03-02")
equal([m["name"] for m in sfn.list_state_machines()["stateMachines"]], ["work"])
revision = sfn.update_state_machine(stateMachineArn=work, definition=env["WORK_RENAMED"])["revisionId"]
second = sfn.publish_state_machine_version(stateMachineArn=work, revisionId=revision)["stateMachineVersionArn"]
equal(second, work + ":2")
versions = sfn.list_state_machine_versions(stateMachineArn=work)["stateMachineVersions"]
equal([v["stateMachineVersionArn"] for v in versions], [work + ":2", work + ":1"])
route = [{"stateMachineVersionArn": work + ":1", "weight": 100}]
alias = sfn.create_state_machine_alias(name="PROD", routingConfiguration=route)["stateMachineAliasArn"]
sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="live")
equal(sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["description"], "live")
equal(len(sfn.list_state_machine_aliases(stateMachineArn=work)["stateMachineAliases"]), 1)
sfn.tag_resource(resourceArn=work, tags=[{"key": "stage", "value": "prod"}])
sfn.untag_resource(resourceArn=work, tagKeys=["team"])
equal(sfn.list_tags_for_resource(resourceArn=work)["tags"], [{"key": "stage", "value": "prod"}])

# A worker, through an alias: a failure, a redrive, a success.
worker = sfn.create_activity(name="work")["activityArn"]
equal(sfn.describe_activity(activityArn=worker)["name"], "work")
equal(len(sfn.list_activities()["activities"]), 1)
run = sfn.start_execution(stateMachineArn=alias, name="first", input='{"n":1}')["executionArn"]
token = poll()
sfn.send_task_heartbeat(taskToken=token)
sfn.send_task_failure(taskToken=token, error="Broken", cause="the machine is")
d = ended(run)
equal((d["status"], d["error"], d["stateMachineAliasArn"]), ("FAILED", "Broken", alias))
sfn.redrive_execution(executionArn=run)
sfn.send_task_success(taskToken=poll(), output='{"done":true}')
equal(json.loads(ended(run)["output"]), {"done": True})
events = [e["type"] for page in sfn.get_paginator("get_execution_history").paginate(executionArn=run) for e in page["events"]]
equal((events[0], events[-1], "ExecutionRedriven" in events), ("ExecutionStarted", "ExecutionSucceeded", True))
equal(sfn.describe_state_machine_for_execution(executionArn=run)["definition"], env["WORK"])
stopped = sfn.start_execution(stateMachineArn=work)["executionArn"]
sfn.stop_execution(executionArn=stopped, error="Enough")
equal(ended(stopped)["status"], "ABORTED")
equal(len(sfn.list_executions(stateMachineArn=work)["executions"]), 2)

# The link that somebody gets who is to approve carries the Task Token.
approval = create("approval", env["APPROVAL"])


def asked(order):
    """Starts an execution and returns it with the token of its link."""
    execution = sfn.start_execution(stateMachineArn=approval, name=order)["executionArn"]
    while True:
        for event in sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"]:
            if event["type"] == "TaskScheduled":
                link = json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]["link"]
                return execution, link.partition("?taskToken=")[2]


execution, token = asked("order-1")
sfn.send_task_success(taskToken=token, output='{"approvedBy":"Ada"}')
equal(json.loads(ended(execution)["output"]), {"approvedBy": "Ada"})
execution, token = asked("order-2")
sfn.send_task_failure(taskToken=token, error="Rejected", cause="too expensive")
equal(json.loads(ended(execution)["output"])["rejected"], {"Error": "Rejected", "Cause": "too expensive"})
try:
    sfn.send_task_success(taskToken=token, output="{}")
    raise AssertionError("a token answered twice")
except sfn.exceptions.TaskDoesNotExist:
    pass

# Express.
express = create("express", env["EXPRESS"], type="EXPRESS")
d = sfn.start_sync_execution(stateMachineArn=express)
equal((d["status"], d["output"]), ("SUCCEEDED", '"slept"'))
d = sfn.test_state(definition='{"Type":"Pass","Result":1,"Next":"B"}')
equal((d["status"], d["output"], d["nextState"]), ("SUCCEEDED", "1", "B"))

# A Map Run.
fan = create("fan", env["FAN"])
run = sfn.start_execution(stateMachineArn=fan, input='{"items":[1,2]}')["executionArn"]
token = poll()
map_run = sfn.list_map_runs(executionArn=run)["mapRuns"][0]["mapRunArn"]
sfn.update_map_run(mapRunArn=map_run, maxConcurrency=2, toleratedFailurePercentage=50.0)
sfn.send_task_failure(taskToken=token)
sfn.send_task_success(taskToken=poll(), output="1")
equal(ended(run)["status"], "SUCCEEDED")
d = sfn.describe_map_run(mapRunArn=map_run)
equal((d["status"], d["itemCounts"]["failed"], d["toleratedFailurePercentage"]), ("SUCCEEDED", 1, 50.0))
equal(len(sfn.list_executions(mapRunArn=map_run)["executions"]), 2)

# Errors have classes of their own.
for error, call in [
    ("StateMachineDoesNotExist", lambda: sfn.describe_state_machine(stateMachineArn=work + "x")),
    ("ExecutionDoesNotExist", lambda: sfn.describe_execution(executionArn=run + "x")),
    ("InvalidArn", lambda: sfn.describe_execution(executionArn="xyz")),
    ("InvalidToken", lambda: sfn.list_state_machines(nextToken="wrong")),
    ("InvalidDefinition", lambda: create("bad", '{"StartAt":"A"}')),
]:
    try:
        call()
        raise AssertionError(f"no {error}")
    except botocore.exceptions.ClientError as e:
        equal((e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"]), (error, 400))
        equal(type(e), getattr(sfn.exceptions, error))

# Deletions.
sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
sfn.delete_state_machine_version(stateMachineVersionArn=second)
sfn.delete_state_machine(stateMachineArn=work)
sfn.delete_activity(activityArn=worker)
