using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>$XDG_RUNTIME_DIR/dbus-1/services of a session: what somebody else describes there, as after su(1), is not for this bus to run.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[TestFixture("dbus-daemon")]
[TestFixture("$B")]
public sealed class RuntimeDirectoryTests(string program) : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("", true)]
    [TestCase("run", false)]
    [TestCase("run/dbus-1", false)]
    [TestCase("run/dbus-1/services", false)]
    public void Its_services_count_if_it_is_the_buss_own(string ofAnother, bool isListed)
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can give a directory away");
        _ = _shell.Run("mkdir -p -m 755 run/dbus-1/services; printf '[D-BUS Service]\\nName=org.example.Transient\\nExec=/bin/true\\n' > run/dbus-1/services/org.example.Transient.service");
        _ = _shell.Run(ofAnother.Length > 0 ? $"chown nobody {ofAnother}" : "true");
        File.WriteAllText(
            _shell.In("bus.conf"),
            $"<busconfig><listen>unix:path={_shell.In("bus")}</listen><standard_session_servicedirs/>"
            + "<policy context='default'><allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>");
        Process bus = _shell.Start($"XDG_RUNTIME_DIR=$D/run exec {program} --config-file=bus.conf --nofork --print-address 2>log");
        string address = Shell.ReadLine(bus.StandardOutput);
        ShellResult names = _shell.Run($"dbus-send --bus='{address}' --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListActivatableNames");

        Assert.That(names.Output.Contains("org.example.Transient"), Is.EqualTo(isListed), names.Error);
        if (!isListed)
        {
            _shell.AwaitText("log", _shell.In(ofAnother));
        }
    }
}
