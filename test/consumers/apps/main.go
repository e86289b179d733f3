package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdk-diagnostic-interrupt/cdk-diagnostic-interrupt-go/diagnosticinterrupt"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Consumer"), nil)
	diagnosticinterrupt.NewCrashDiagnostics(stack, jsii.String("CrashDiagnostics"), &diagnosticinterrupt.CrashDiagnosticsProps{
		Targets: diagnosticinterrupt.KdumpTargets_Tag(jsii.String("Kdump"), jsii.String("on")),
	})
	app.Synth(nil)
}
