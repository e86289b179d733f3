import io.github.cdkdiagnosticinterrupt.CrashDiagnostics;
import io.github.cdkdiagnosticinterrupt.KdumpTargets;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Stack;

public class Main {
    public static void main(String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "Consumer");
        CrashDiagnostics.Builder.create(stack, "CrashDiagnostics").targets(KdumpTargets.tag("Kdump", "on")).build();
        app.synth();
    }
}
