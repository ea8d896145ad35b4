"""EventBridge Scheduler."""

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates


@creates("aws:scheduler/scheduleGroup:ScheduleGroup")
def schedule_group(clients: Clients, name: str, inputs: Inputs) -> Made:
    scheduler, group = clients.get("scheduler"), inputs.get("name") or name
    try:
        arn = scheduler.get_schedule_group(Name=group)["Arn"]
    except scheduler.exceptions.ResourceNotFoundException:
        arn = scheduler.create_schedule_group(Name=group)["ScheduleGroupArn"]
    return Made(group, {"arn": arn, "name": group})


@creates("aws:scheduler/schedule:Schedule")
def schedule(clients: Clients, name: str, inputs: Inputs) -> Made:
    scheduler, target = clients.get("scheduler"), inputs["target"]
    wanted = {
        "Name": name,
        "GroupName": inputs["groupName"],
        "ScheduleExpression": inputs["scheduleExpression"],
        "FlexibleTimeWindow": {"Mode": inputs["flexibleTimeWindow"]["mode"]},
        "Target": {"Arn": target["arn"], "RoleArn": target["roleArn"], "Input": target["input"]},
    }
    try:
        arn = scheduler.get_schedule(Name=name, GroupName=inputs["groupName"])["Arn"]
        scheduler.update_schedule(**wanted)
    except scheduler.exceptions.ResourceNotFoundException:
        arn = scheduler.create_schedule(**wanted)["ScheduleArn"]
    return Made(f"{inputs['groupName']}/{name}", {"arn": arn, "name": name})
