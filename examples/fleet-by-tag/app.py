"""Every instance in the Region that carries a tag, whoever made it: one association, one watch, no interrupt yet.

    npx cdk deploy --app 'python examples/fleet-by-tag/app.py'
"""
from aws_cdk import App, Duration, Stack
from cdk_diagnostic_interrupt import CircuitBreaker, CrashDiagnostics, DayOfWeek, InterruptMode, KdumpTargets, RebootPolicy

app = App()
stack = Stack(app, "FleetByTag")

CrashDiagnostics(
    stack, "CrashDiagnostics",
    targets=KdumpTargets.tag("CrashDiagnostics", "on"),
    reboot_policy=RebootPolicy.in_window(days=[DayOfWeek.SUNDAY], start="02:00", duration=Duration.hours(3)),
    # See in the log which instances would have been interrupted before you let it be done.
    mode=InterruptMode.DRY_RUN,
    circuit_breaker=CircuitBreaker.at_most(2, Duration.hours(1)),
    dashboard=True,
)
app.synth()
