"""What somebody writes in an afternoon: the checks of the interrupt's handler one after the other, with boto3, and the interrupt.

Serves a line of JSON after the other, as a warm Lambda environment serves events: {"event", "alarm", "association", "table"}.
"""
import json
import sys
import time
import uuid

import boto3

cloudwatch = boto3.client("cloudwatch")
dynamodb = boto3.client("dynamodb")
ec2 = boto3.client("ec2")
ssm = boto3.client("ssm")
types = {}


def handler(event, association, table):
    name = event["alarmData"]["alarmName"]
    metric = event["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]
    instance_id = metric["dimensions"]["InstanceId"]

    alarm = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"][0]
    if alarm["StateValue"] != "ALARM":
        return "NotInAlarm"
    if cloudwatch.list_alarm_mute_rules(AlarmName=name, Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"]:
        return "Muted"
    instance = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    if instance["State"]["Name"] != "running" or instance["Architecture"] != "x86_64":
        return "NotRunning"
    status = ec2.describe_instance_status(InstanceIds=[instance_id], IncludeAllInstances=True)["InstanceStatuses"][0]
    if status["InstanceStatus"]["Status"] != "impaired" or status["SystemStatus"]["Status"] != "ok":
        return "Responsive"
    kind = instance["InstanceType"]
    if kind not in types:
        types[kind] = ec2.describe_instance_types(InstanceTypes=[kind])["InstanceTypes"][0]
    if types[kind]["Hypervisor"] != "nitro":
        return "UnsupportedInstanceType"
    runs = ssm.describe_instance_associations_status(InstanceId=instance_id)["InstanceAssociationStatusInfos"]
    if not any(each["AssociationId"] == association and each["Status"] == "Success" for each in runs):
        return "KdumpNotArmed"

    now = int(time.time())
    key = {"kind": {"S": "instance"}, "name": {"S": instance_id}}
    slot = {"kind": {"S": "breaker"}, "name": {"S": "000"}}
    if "Item" in dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True):
        return "CoolingDown"
    if dynamodb.query(TableName=table, KeyConditionExpression="kind = :breaker", ConsistentRead=True,
                      ExpressionAttributeValues={":breaker": {"S": "breaker"}})["Items"]:
        return "CircuitOpen"
    dynamodb.transact_write_items(ClientRequestToken=str(uuid.uuid4()), TransactItems=[
        {"Put": {
            "TableName": table,
            "Item": {**item, "claimedAt": {"N": str(now)}, "expiresAt": {"N": str(now + 3600)}},
            "ConditionExpression": "attribute_not_exists(kind) OR expiresAt <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
        }} for item in (key, slot)
    ])
    ec2.send_diagnostic_interrupt(InstanceId=instance_id)
    return "sent"


for line in sys.stdin:
    print(json.dumps({"outcome": handler(**json.loads(line))}), flush=True)
