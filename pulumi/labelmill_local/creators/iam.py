"""IAM."""

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates


@creates("aws:iam/role:Role")
def role(clients: Clients, name: str, inputs: Inputs) -> Made:
    iam, role = clients.get("iam"), inputs.get("name") or name
    try:
        made = iam.get_role(RoleName=role)["Role"]
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=inputs["assumeRolePolicy"])
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=inputs["assumeRolePolicy"])["Role"]
    return Made(role, {"arn": made["Arn"], "name": role, "uniqueId": made["RoleId"]})


@creates("aws:iam/rolePolicy:RolePolicy")
def role_policy(clients: Clients, name: str, inputs: Inputs) -> Made:
    policy = inputs.get("name") or name
    clients.get("iam").put_role_policy(RoleName=inputs["role"], PolicyName=policy, PolicyDocument=inputs["policy"])
    return Made(f"{inputs['role']}:{policy}", {"name": policy})
