from aws_cdk import App, Stack
from cdk_diagnostic_interrupt import CrashDiagnostics, KdumpTargets

app = App()
stack = Stack(app, "Consumer")
CrashDiagnostics(stack, "CrashDiagnostics", targets=KdumpTargets.tag("Kdump", "on"))
app.synth()
