using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AddressTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("unix:path=$D/bus", "^unix:path=$D/bus,guid=")]
    [TestCase("unix:path=bus", "^unix:path=$D/bus,guid=")]
    [TestCase("unix:path=$D/a%2cb%3bc%20%c3%a4", "^unix:path=$D/a%2cb%3bc%20%c3%a4,guid=")]
    [TestCase("unix:abstract=$D/bus%20", "^unix:abstract=$D/bus%20,guid=")]
    [TestCase("unix:dir=$D", "^unix:path=$D/dbus-[A-Za-z0-9]+,guid=")]
    [TestCase("unix:tmpdir=$D", "^unix:path=$D/dbus-[A-Za-z0-9]+,guid=")]
    [TestCase("unix:runtime=yes", "^unix:path=$D/bus,guid=")]
    [TestCase("unix:path=$D/bus;", "^unix:path=$D/bus,guid=")]
    public void The_printed_address_is_connectable_as_it_stands(string address, string pattern)
    {
        Process broker = _shell.Start($"XDG_RUNTIME_DIR=$D exec $B --print-address --address='{address.Replace("$D", _shell.Directory)}'");
        string printed = Shell.ReadLine(broker.StandardOutput);

        Assert.That(printed, Does.Match($"{pattern.Replace("$D", _shell.Directory)}[0-9a-f]{{32}}$"));
        Assert.That(_shell.BusId(printed), Has.Length.EqualTo(32));
    }

    [Test]
    public void Every_address_of_a_list_is_listened_on_and_printed()
    {
        (_, string printed) = _shell.StartBroker("--address='unix:path=one;unix:path=two;unix:path=three'");
        string[] addresses = printed.Split(';');

        Assert.That(addresses, Has.Length.EqualTo(3));
        Assert.That(addresses.Select(address => address[^32..]), Is.Unique);
        Assert.That(addresses.Append(printed).Select(address => _shell.BusId(address)).Distinct().Single(), Has.Length.EqualTo(32));
    }

    [Test]
    public void An_address_that_cannot_be_listened_on_is_passed_over_while_there_is_another()
    {
        Process broker = _shell.Start("unset XDG_RUNTIME_DIR; exec $B --print-address --address='unix:runtime=yes;unix:path=none/bus;unix:path=two'");

        Assert.That(Shell.ReadLine(broker.StandardOutput), Does.Match($"^unix:path={_shell.Directory}/two,guid=[0-9a-f]{{32}}$"));
        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("XDG_RUNTIME_DIR is not set"));
        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("none/bus"));
    }

    [Test]
    public void A_guid_that_is_given_is_the_one_printed_and_the_one_that_clients_check()
    {
        (_, string printed) = _shell.StartBroker("--address=unix:path=bus,guid=00112233445566778899AABBCCDDEEFF");

        Assert.That(printed, Is.EqualTo($"unix:path={_shell.Directory}/bus,guid=00112233445566778899aabbccddeeff"));
        Assert.That(_shell.BusId(printed), Has.Length.EqualTo(32));
    }

    [Test]
    public void A_socket_is_its_owners_alone_whatever_the_umask_is()
    {
        Process broker = _shell.Start("umask 0; exec $B --print-address --address=unix:path=bus");
        _ = Shell.ReadLine(broker.StandardOutput);

        Assert.That(File.GetUnixFileMode(_shell.In("bus")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void The_socket_of_a_dead_broker_is_replaced()
    {
        (Process dead, _) = _shell.StartBroker("--address=unix:path=bus");
        dead.Kill();
        dead.WaitForExit();
        Assert.That(File.Exists(_shell.In("bus")), Is.True);

        (_, string printed) = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(_shell.BusId(printed), Has.Length.EqualTo(32));
    }

    [TestCase("path")]
    [TestCase("abstract")]
    public void The_socket_of_a_live_broker_is_not(string key)
    {
        (_, string first) = _shell.StartBroker($"--address=unix:{key}=$D/bus");
        string id = _shell.BusId(first);

        ShellResult second = _shell.Run($"exec timeout 10 $B --address=unix:{key}=$D/bus");

        Assert.That(second.ExitCode, Is.EqualTo(1));
        Assert.That(second.Error, Does.Contain(_shell.Directory).And.EndWith("\n"));
        Assert.That(_shell.BusId(first), Is.EqualTo(id));
    }

    [Test]
    public void A_file_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(_shell.In("bus"), "mine");

        ShellResult result = _shell.Run("exec timeout 10 $B --address=unix:path=bus");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(File.ReadAllText(_shell.In("bus")), Is.EqualTo("mine"));
    }
}
