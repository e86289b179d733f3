"""Stand-in for the Systems Manager agent: fetches Command documents from the local AWS endpoint and carries them out.

It follows the rules of amazon-ssm-agent for what it knows (schema 2.2, aws:runShellScript) and fails a command that needs
anything else, by name, so that nothing passes here that would not pass there:
- the lines of runCommand become a script file that `sh -c` starts; a step that fails does not stop the next ones;
- exit status 194 restarts the machine and runs the same step again; its output goes on where it stopped;
- a command that a crash interrupted is started again at that step, 15 times at most;
- a step that exceeds its time is killed with its process group: exit status 137, TimedOut;
- 24,000 characters of standard output are kept, 8,000 of standard error.
"""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

FIRMWARE = '/sys/firmware/qemu_fw_cfg/by_name/opt/cdi'
STATE_DIRECTORY = os.environ.get('CDI_AGENT_STATE', '/var/lib/cdi-agent')
# The real agent keeps its own things there; who puts custom inventory on the machine looks for the folder of the instance.
DATA_DIRECTORY = os.environ.get('CDI_AGENT_DATA', '/var/lib/amazon/ssm')
REBOOT_COMMAND = os.environ.get('CDI_AGENT_REBOOT', 'systemctl reboot')
REBOOT_STATUS = 194
KILLED_STATUS = 137
MAXIMUM_RUNS = 15
STDOUT_LIMIT = 24000
STDERR_LIMIT = 8000
TRUNCATED = '--output truncated--'
DOCUMENT_KEYS = {'schemaVersion', 'description', 'parameters', 'mainSteps'}
STEP_KEYS = {'action', 'name', 'precondition', 'inputs'}
INPUT_KEYS = {'runCommand', 'workingDirectory', 'timeoutSeconds'}
PARAMETER_KEYS = {'type', 'description', 'displayType', 'default', 'allowedValues', 'allowedPattern', 'minChars', 'maxChars'}


class Refused(Exception):
    """The document or its parameters are such that the command must fail."""


def log(message):
    print(f'cdi-agent: {message}', flush=True)


def refuse_unknown(what, given, known):
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(f'{what} has {", ".join(unknown)}, which this agent does not know; it knows {", ".join(sorted(known))}')


def resolve_parameters(definitions, given):
    """The value of every parameter of the document: given or default, and allowed."""
    for name in given:
        if name not in definitions:
            raise Refused(f'parameter {name} is not defined in the document')
    values = {}
    for name, definition in definitions.items():
        refuse_unknown(f'parameter {name}', definition, PARAMETER_KEYS)
        kind = definition.get('type')
        if kind not in ('String', 'StringList'):
            raise Refused(f'parameter {name} is of type {kind}; this agent knows String and StringList')
        if name in given:
            value = given[name]
        elif 'default' in definition:
            value = definition['default']
        else:
            raise Refused(f'parameter {name} is missing and has no default')
        items = value if isinstance(value, list) else [value]
        if kind == 'String' and len(items) != 1:
            raise Refused(f'parameter {name} is a String but was given {len(items)} values')
        for item in items:
            check_value(name, definition, item)
        values[name] = items[0] if kind == 'String' else items
    return values


def check_value(name, definition, value):
    if not isinstance(value, str):
        raise Refused(f'parameter {name} is {value!r}, which is not a string')
    allowed = definition.get('allowedValues')
    if allowed and value not in allowed:
        raise Refused(f'parameter {name} is {value!r}; allowed are {", ".join(map(str, allowed))}')
    pattern = definition.get('allowedPattern')
    if pattern and not re.search(pattern, value):
        raise Refused(f'parameter {name} is {value!r}, which does not match the allowed pattern {pattern}')
    if len(value) < int(definition.get('minChars', 0)) or len(value) > int(definition.get('maxChars', sys.maxsize)):
        raise Refused(f'parameter {name} is {value!r}, which has {len(value)} characters: too few or too many')


def substitute(item, values):
    """Puts the parameters' values in; a string that is nothing but one parameter becomes its value, of whatever type."""
    if isinstance(item, dict):
        return {key: substitute(value, values) for key, value in item.items()}
    if isinstance(item, list):
        return [substitute(value, values) for value in item]
    if not isinstance(item, str):
        return item
    if re.search(r'{{ *ssm:', item):
        raise Refused(f'{item!r} refers to Parameter Store, which this agent cannot read')
    whole = re.fullmatch(r'{{\s*([a-zA-Z0-9]+)\s*}}', item)
    if whole and whole[1] in values:
        return values[whole[1]]

    def text(match):
        if match[1] not in values:
            return match[0]
        value = values[match[1]]
        return value if isinstance(value, str) else json.dumps(value, separators=(',', ':'))
    return re.sub(r'{{\s*([a-zA-Z0-9]+)\s*}}', text, item)


def flatten(lines):
    return [line for entry in lines for line in flatten(entry)] if isinstance(lines, list) else [lines]


def prepare_steps(content, parameters):
    """The document's steps with parameters put in; refuses the document before anything of it runs."""
    refuse_unknown('the document', content, DOCUMENT_KEYS)
    if content.get('schemaVersion') != '2.2':
        raise Refused(f'the document has schema version {content.get("schemaVersion")}; this agent knows 2.2')
    values = resolve_parameters(content.get('parameters', {}), parameters)
    steps = content.get('mainSteps')
    if not steps:
        raise Refused('the document has no mainSteps')
    for step in steps:
        name = step.get('name')
        refuse_unknown(f'step {name}', step, STEP_KEYS)
        if step.get('action') != 'aws:runShellScript':
            raise Refused(f'step {name} has action {step.get("action")}; this agent knows aws:runShellScript')
        refuse_unknown(f'the inputs of step {name}', step.get('inputs', {}), INPUT_KEYS)
        if 'runCommand' not in step.get('inputs', {}):
            raise Refused(f'step {name} has no runCommand')
    return [{**step, 'inputs': substitute(step['inputs'], values)} for step in steps]


def platform_matches(step):
    for operator, operands in step.get('precondition', {}).items():
        if operator != 'StringEquals' or len(operands) != 2 or operands.count('platformType') != 1:
            raise Refused(f'step {step["name"]} has precondition {operator} {operands}; this agent knows StringEquals on platformType')
        if operands[1 - operands.index('platformType')].lower() != 'linux':
            return False
    return True


def seconds_allowed(value):
    try:
        seconds = int(float(value))
    except (TypeError, ValueError):
        return 3600
    return seconds if 5 <= seconds <= 28800 else 3600


def run_step(step, instance_id, directory):
    """Runs one step's script; its output is appended to the files of earlier runs. Returns the exit status."""
    os.makedirs(directory, exist_ok=True)
    inputs = step['inputs']
    script = f'{directory}/_script.sh'
    with open(script, 'w', encoding='utf-8') as file:
        file.write('\n'.join(map(str, flatten(inputs['runCommand']))) + '\n')
    os.chmod(script, 0o700)
    environment = {**os.environ, 'AWS_SSM_INSTANCE_ID': instance_id}
    with open(f'{directory}/stdout', 'ab') as stdout, open(f'{directory}/stderr', 'ab') as stderr:
        try:
            process = subprocess.Popen(['sh', '-c', script], cwd=inputs.get('workingDirectory') or None, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True)
        except OSError as error:
            stderr.write(f'failed to run commands: {error}\n'.encode())
            return 1
        try:
            status = process.wait(seconds_allowed(inputs.get('timeoutSeconds')))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return KILLED_STATUS
    return status if status >= 0 else 128 - status


def read_output(path, limit):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            text = file.read(limit)
    except FileNotFoundError:
        return ''
    return text if len(text) < limit else text[:limit - len(TRUNCATED)] + TRUNCATED


class Agent:
    def __init__(self, endpoint, instance_id):
        self.endpoint = endpoint
        self.instance_id = instance_id
        self.state_file = f'{STATE_DIRECTORY}/command.json'

    def serve(self):
        os.makedirs(STATE_DIRECTORY, exist_ok=True)
        os.makedirs(f'{DATA_DIRECTORY}/{self.instance_id}', mode=0o700, exist_ok=True)
        if os.path.exists(self.state_file):
            with open(self.state_file, encoding='utf-8') as file:
                self.carry_out(json.load(file))
        while True:
            command = self.request('GET', 'next')
            if command:
                log(f'command {command["commandId"]} with document {command["documentName"]}')
                state = {'command': command, 'step': 0, 'runs': 0, 'status': 'Success', 'exitCode': 0}
                self.save(state)
                self.request('POST', 'accepted', {'commandId': command['commandId']})
                self.carry_out(state)

    def carry_out(self, state):
        """Runs what is left of a command. The state is on the disk before a step starts, so that a restart finds it."""
        command = state['command']
        base = f'{STATE_DIRECTORY}/{re.sub("[^A-Za-z0-9-]", "_", command["commandId"])}'
        try:
            steps = prepare_steps(command['content'], command.get('parameters') or {})
            while state['step'] < len(steps):
                step = steps[state['step']]
                if platform_matches(step):
                    if state['runs'] >= MAXIMUM_RUNS:
                        raise Refused(f'step {step["name"]} was started {MAXIMUM_RUNS} times and never came to an end')
                    state['runs'] += 1
                    self.save(state)
                    status = run_step(step, self.instance_id, f'{base}/{state["step"]}')
                    log(f'step {step["name"]} ended with status {status}')
                    if status == REBOOT_STATUS:
                        self.reboot()
                    if status != 0:
                        state['exitCode'] = state['exitCode'] or status
                        state['status'] = 'TimedOut' if status == KILLED_STATUS and state['status'] == 'Success' else 'Failed'
                else:
                    state['note'] = state.get('note', '') + \
                        f'Step execution skipped due to incompatible platform. Step name: {step["name"]}\n'
                state['step'] += 1
        except Refused as refusal:
            log(f'refused: {refusal}')
            state.update(status='Failed', exitCode=state['exitCode'] or 1, refusal=f'{refusal}\n')
        stdout = state.get('note', '') + ''.join(read_output(f'{base}/{n}/stdout', STDOUT_LIMIT) for n in range(state['step'] + 1))
        stderr = ''.join(read_output(f'{base}/{n}/stderr', STDERR_LIMIT) for n in range(state['step'] + 1)) + state.get('refusal', '')
        self.request('POST', 'result', {
            'commandId': command['commandId'], 'status': state['status'], 'exitCode': state['exitCode'],
            'stdout': stdout, 'stderr': stderr, 'runs': state['runs'],
        })
        if os.path.exists(self.state_file):
            os.remove(self.state_file)

    def save(self, state):
        with open(f'{self.state_file}.new', 'w', encoding='utf-8') as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(f'{self.state_file}.new', self.state_file)
        directory = os.open(STATE_DIRECTORY, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

    def reboot(self):
        log('restarting the machine')
        subprocess.run(REBOOT_COMMAND, shell=True, check=True)
        signal.pause()

    def request(self, method, action, body=None):
        """Asks the endpoint until it answers: it may be started again at any time, and so may this machine."""
        while True:
            connection = http.client.HTTPConnection(self.endpoint, timeout=30)
            try:
                connection.request(method, f'/agent/{self.instance_id}/{action}', body and json.dumps(body),
                                   {'Content-Type': 'application/json'} if body else {})
                response = connection.getresponse()
                text = response.read()
                if response.status == 204 or response.status == 200 and not text:
                    return None
                if response.status == 200:
                    return json.loads(text) if method == 'GET' else None
                log(f'the endpoint answered {method} {action} with {response.status}: {text[:200]!r}')
                if method == 'POST' and 400 <= response.status < 500:
                    return None  # It does not know this command, and never will.
            except (OSError, http.client.HTTPException, ValueError) as error:
                log(f'{method} {action}: {error!r}')
            finally:
                connection.close()
            time.sleep(1)


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()


def relay(endpoint):
    """Makes the endpoint reachable under the address that the host has for it: presigned URLs name that one, and the signature covers it."""
    host, port = endpoint.split(':')
    listener = socket.create_server(('127.0.0.1', int(port)))
    while True:
        near, _ = listener.accept()
        far = socket.create_connection((host, int(port)))
        for ends in ((near, far), (far, near)):
            threading.Thread(target=copy, args=ends, daemon=True).start()


def firmware_value(name):
    with open(f'{FIRMWARE}/{name}/raw', encoding='ascii') as file:
        return file.read().strip('\0\n ')


if __name__ == '__main__':
    endpoint, instance = sys.argv[1:3] if len(sys.argv) == 3 else (firmware_value('endpoint'), firmware_value('instance-id'))
    log(f'serving {instance} at {endpoint}')
    if len(sys.argv) != 3:
        threading.Thread(target=relay, args=(endpoint,), daemon=True).start()
    Agent(endpoint, instance).serve()
