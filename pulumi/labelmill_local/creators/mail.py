"""SES."""

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates


@creates("aws:sesv2/emailIdentity:EmailIdentity")
def email_identity(clients: Clients, name: str, inputs: Inputs) -> Made:
    ses, address = clients.get("sesv2"), inputs["emailIdentity"]
    try:
        ses.get_email_identity(EmailIdentity=address)
    except ses.exceptions.NotFoundException:
        ses.create_email_identity(EmailIdentity=address)
    return Made(address, {"arn": f"arn:aws:ses:{clients.region}:000000000000:identity/{address}"})
