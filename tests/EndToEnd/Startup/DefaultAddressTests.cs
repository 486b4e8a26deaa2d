using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>Started without anything. As root in a mount namespace with a /run of its own: the machine's may have a bus.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DefaultAddressTests : IDisposable
{
    private const UnixFileMode OwnersDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Shell _shell = new();

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    // Another user may not be allowed to read our checkout.
    private static string AsUser => IsRoot
        ? "cp $B $D/broker && chown 65534 $D && exec setpriv --reuid=65534 --regid=65534 --clear-groups $D/broker"
        : "exec $B";

    public void Dispose() => _shell.Dispose();

    [Test]
    public void A_user_gets_a_bus_in_the_runtime_directory_and_is_told_where()
    {
        Process broker = _shell.Start($"umask 0; export XDG_RUNTIME_DIR=$D; {AsUser}");
        string printed = Shell.ReadLine(broker.StandardOutput);

        Assert.That(printed, Does.Match($"^unix:path={_shell.Directory}/xcp-broker/bus,guid=[0-9a-f]{{32}}$"));
        Assert.That(File.GetUnixFileMode(_shell.In("xcp-broker")), Is.EqualTo(OwnersDirectory));
        Assert.That(_shell.BusId(printed, IsRoot ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""), Has.Length.EqualTo(32));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(File.Exists(_shell.In("xcp-broker/bus")), Is.False);
    }

    [Test]
    public void A_user_without_a_runtime_directory_is_told_what_is_missing()
    {
        ShellResult result = _shell.Run($"unset XDG_RUNTIME_DIR; {AsUser}");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Is.EqualTo("xcp-broker: no --address is given and XDG_RUNTIME_DIR is not set\n"));
    }

    [Test]
    public void Root_gets_a_bus_in_run()
    {
        string prefix = IsRoot ? "unshare --mount sh -c 'mount -t tmpfs none /run; exec $B'" : "$B";
        Process broker = _shell.Start($"umask 077; unset XDG_RUNTIME_DIR; exec {prefix}");
        if (!IsRoot)
        {
            Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("XDG_RUNTIME_DIR"), "only root has /run");
            return;
        }

        string printed = Shell.ReadLine(broker.StandardOutput);

        Assert.That(printed, Does.Match("^unix:path=/run/xcp-broker/bus,guid=[0-9a-f]{32}$"));
        string enter = $"nsenter --mount --target={broker.Id}";
        Assert.That(_shell.BusId(printed, enter), Has.Length.EqualTo(32));
        Process stays = _shell.Start($"exec {enter} sh -c 'ls /run/xcp-broker; exec sleep 300'");
        Assert.That(Shell.ReadLine(stays.StandardOutput), Is.EqualTo("bus"));
        Assert.That(Shell.Signal(broker, "INT"), Is.Zero);
        Assert.That(Directory.GetFiles($"/proc/{stays.Id}/root/run/xcp-broker"), Is.Empty);
    }
}
