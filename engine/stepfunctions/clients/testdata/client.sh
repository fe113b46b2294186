# Calls the API by the AWS CLI. The environment names the endpoint, the definitions, and the
# program in AWS.
set -eu

sfn() { "$AWS" stepfunctions --endpoint-url "$ENDPOINT" --output text "$@"; }

equal() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'" >&2; exit 1; }; }

ended() {
	while status=$(sfn describe-execution --execution-arn "$1" --query status) && [ "$status" = RUNNING ]; do :; done
	echo "$status"
}

# The machine of power tuning.
tuning=$(sfn create-state-machine --name power-tuning --definition "$POWER_TUNING" --role-arn "$ROLE" --query stateMachineArn)
run=$(sfn start-execution --state-machine-arn "$tuning" --name tune-1 \
	--input '{"function":"resize-image","powers":[128,512,1024]}' --query executionArn)
equal "$(ended "$run")" SUCCEEDED
equal "$(sfn describe-execution --execution-arn "$run" --query output | sed 's/.*"best":{\([^}]*\)}.*/\1/')" '"power":512,"cost":0'
equal "$(sfn list-executions --state-machine-arn "$tuning" --query 'executions[].name')" tune-1
equal "$(sfn get-execution-history --execution-arn "$run" --no-paginate --query 'events[0].type')" ExecutionStarted
if sfn start-execution --state-machine-arn "$tuning" --name tune-1 --input '{"other":1}' 2>"$TMPDIR/error"; then
	echo "a name was used twice" >&2
	exit 1
fi
grep -q ExecutionAlreadyExists "$TMPDIR/error" || { cat "$TMPDIR/error" >&2; exit 1; }

# A worker.
activity=$(sfn create-activity --name work --query activityArn)
work=$(sfn create-state-machine --name work --definition "$WORK" --role-arn "$ROLE" --query stateMachineArn)
run=$(sfn start-execution --state-machine-arn "$work" --query executionArn)
token=$(sfn get-activity-task --activity-arn "$activity" --worker-name cli --query taskToken)
sfn send-task-heartbeat --task-token "$token"
sfn send-task-success --task-token "$token" --task-output '{"done":true}'
equal "$(ended "$run")" SUCCEEDED
run=$(sfn start-execution --state-machine-arn "$work" --query executionArn)
sfn stop-execution --execution-arn "$run" --error Enough --query stopDate >/dev/null
equal "$(ended "$run")" ABORTED
equal "$(sfn list-state-machines --query 'stateMachines[].name' | tr '\t' ' ')" "power-tuning work"
sfn tag-resource --resource-arn "$work" --tags key=team,value=orders
equal "$(sfn list-tags-for-resource --resource-arn "$work" --query 'tags[0].value')" orders

# Express. Debian's CLI has no way around the prefix of the host but a proxy, and a model of
# 2022.
express=$(sfn create-state-machine --name express --type EXPRESS --definition "$EXPRESS" --role-arn "$ROLE" --query stateMachineArn)
if [ -n "$OLD" ]; then
	export http_proxy="$ENDPOINT" NO_PROXY=
fi
equal "$(sfn start-sync-execution --state-machine-arn "$express" --query output)" '"slept"'
if [ -z "$OLD" ]; then
	equal "$(sfn validate-state-machine-definition --definition "$WORK" --query result)" OK
	equal "$(sfn publish-state-machine-version --state-machine-arn "$work" --query stateMachineVersionArn)" "$work:1"
	equal "$(sfn test-state --definition '{"Type":"Pass","Result":1,"Next":"B"}' --query nextState)" B
fi
sfn delete-state-machine --state-machine-arn "$work"
sfn delete-activity --activity-arn "$activity"
