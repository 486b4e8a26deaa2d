using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DescriptorTests : IDisposable
{
    private const string Closed = "0<&- 1>&- 2>&-";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void Address_and_process_id_go_out_in_one_write_each_in_dbus_daemons_order()
    {
        Process tracer = _shell.Start(
            "exec strace -ff -e trace=write -s 500 -o trace $B --address='unix:path=one;unix:path=two' --print-pid=7 --print-address=8 7>pid 8>&1");
        string printed = Shell.ReadLine(tracer.StandardOutput);
        int broker = int.Parse(WaitForLine("pid"));
        using Process kill = Process.Start("kill", [$"{broker}"]);
        tracer.WaitForExit();

        // A file for each thread, where no call is split into two lines by another's; all of it is there when strace has ended.
        string[] writes = [.. File.ReadLines(_shell.In($"trace.{broker}")).Where(line => line.StartsWith("write(7,") || line.StartsWith("write(8,"))];

        Assert.That(writes, Has.Length.EqualTo(2));
        Assert.That(writes[0], Does.Contain($"write(8, \"{printed}\\n\", {printed.Length + 1}) = {printed.Length + 1}"));
        Assert.That(writes[1], Does.Contain($"write(7, \"{broker}\\n\","));
    }

    [Test]
    public void A_printed_descriptor_is_closed_so_that_who_reads_to_the_end_gets_there()
    {
        Process broker = _shell.Start("exec $B --address=unix:path=bus --print-address=8 --print-pid=8 8>&1 >log 2>&1");

        string printed = broker.StandardOutput.ReadToEnd();

        Assert.That(printed, Does.Match($"^unix:path={_shell.Directory}/bus,guid=[0-9a-f]{{32}}\n{broker.Id}\n$"));
        Assert.That(broker.HasExited, Is.False);
    }

    [Test]
    public void Closed_standard_streams_are_filled_and_no_socket_lands_there()
    {
        Process broker = _shell.Start($"exec $B --address=unix:path=bus --print-address=8 8>&1 {Closed}");
        string printed = Shell.ReadLine(broker.StandardOutput);

        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            Assert.That(new FileInfo($"/proc/{broker.Id}/fd/{descriptor}").LinkTarget, Is.EqualTo("/dev/null"));
        }

        Assert.That(_shell.BusId(printed), Has.Length.EqualTo(32));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    [Test]
    public void The_bus_is_the_process_that_the_caller_started()
    {
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus");

        ShellResult reply = _shell.Run(
            $"dbus-send --bus='{address}' --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.DBus");

        Assert.That(reply.Output.Trim(), Is.EqualTo($"uint32 {broker.Id}"));
    }

    [Test]
    public void Nothing_but_the_address_goes_to_standard_output()
    {
        Process broker = _shell.Start("exec $B --address=unix:path=bus");
        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("serving unix:path="));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);

        Assert.That(broker.StandardOutput.ReadToEnd(), Is.Empty);
    }

    private string WaitForLine(string file)
    {
        ShellResult result = _shell.Run($"until [ -s {file} ]; do :; done; cat {file}");
        return result.Output.Trim();
    }
}
