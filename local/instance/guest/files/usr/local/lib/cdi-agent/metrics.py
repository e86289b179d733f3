"""Stand-in for the CloudWatch agent: mem_used_percent, once for each of the local AWS's minutes.

It is an ordinary process with an ordinary priority, and that is its use: when user space gets no CPU, it falls silent, although the
kernel goes on to answer ARP. The endpoint says when the next value is due, since its minutes are shorter than AWS's; a value that
cannot be sent is lost, as with the real agent once its buffer is full.
"""
import http.client
import json
import sys
import time

FIRMWARE = '/sys/firmware/qemu_fw_cfg/by_name/opt/cdi'
MEMORY = '/proc/meminfo'
RETRY_SECONDS = 1


def mem_used_percent():
    """What the agent calls used: all that is not available to programs."""
    with open(MEMORY, encoding='ascii') as file:
        kibibytes = {name: int(value.split()[0]) for name, value in (line.split(':') for line in file)}
    return 100 * (kibibytes['MemTotal'] - kibibytes['MemAvailable']) / kibibytes['MemTotal']


def publish(endpoint, instance_id):
    """Sends one value; returns after how many seconds the next one is due."""
    connection = http.client.HTTPConnection(endpoint, timeout=10)
    try:
        body = json.dumps({'Namespace': 'CWAgent', 'MetricName': 'mem_used_percent', 'Value': mem_used_percent()})
        connection.request('POST', f'/agent/{instance_id}/metric', body, {'Content-Type': 'application/json'})
        response = connection.getresponse()
        text = response.read()
        if response.status == 200:
            return float(json.loads(text)['nextSeconds'])
        print(f'cdi-metrics: the endpoint answered {response.status}: {text[:200]!r}', flush=True)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        print(f'cdi-metrics: {error!r}', flush=True)
    finally:
        connection.close()
    return RETRY_SECONDS


def firmware_value(name):
    with open(f'{FIRMWARE}/{name}/raw', encoding='ascii') as file:
        return file.read().strip('\0\n ')


if __name__ == '__main__':
    arguments = sys.argv[1:3] if len(sys.argv) == 3 else (firmware_value('endpoint'), firmware_value('instance-id'))
    while True:
        time.sleep(publish(*arguments))
