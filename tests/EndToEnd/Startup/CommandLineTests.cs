namespace XcpBroker.EndToEnd.Startup;

public sealed class CommandLineTests
{
    private readonly Shell _shell = new();

    [OneTimeTearDown]
    public void RemoveDirectory() => _shell.Dispose();

    [TestCase("--bogus", "unknown option '--bogus'")]
    [TestCase("--addres=unix:path=/x", "unknown option '--addres=unix:path=/x'")]
    [TestCase("bogus", "unexpected argument 'bogus'")]
    [TestCase("'[bogus]'", "unexpected argument '[bogus]'")]
    [TestCase("@bogus", "unexpected argument '@bogus'")]
    [TestCase("--nofork=1", "unexpected argument '1'")]
    [TestCase("--address", "option --address needs a value")]
    [TestCase("--address=", "option --address needs a value")]
    [TestCase("--address= --nofork", "option --address needs a value")]
    [TestCase("--print-address= --address= --nofork", "option --address needs a value")]
    [TestCase("policy explain --session --member= --path=/", "option --member needs a value")]
    [TestCase("--address=unix:path=$D/a --address=unix:path=$D/b", "option --address is given more than once")]
    [TestCase("--address=foo:bar=1", "option --address: 'foo:bar=1': unknown transport 'foo' (known: unix, tcp, nonce-tcp, vsock, systemd)")]
    [TestCase("--address unix:path=%zz", "'%zz' is no escape")]
    [TestCase("--address=unix:path=/x,abstract=y", "exactly one of path, abstract, dir, tmpdir, runtime must be given, path and abstract are")]
    [TestCase("--address=unix:path=$D/missing/bus", "No such file or directory")]
    [TestCase("--print-address=x", "option --print-address: 'x' is not a file descriptor")]
    [TestCase("--print-address x", "option --print-address: 'x' is not a file descriptor")]
    [TestCase("--print-pid=-1", "option --print-pid: '-1' is not a file descriptor")]
    [TestCase("--print-address=77", "option --print-address: file descriptor 77 is not open")]
    [TestCase("--print-address=1 --print-address=2", "option --print-address is given more than once")]
    [TestCase("--limit=max_message_size", "option --limit: 'max_message_size' is not of the form NAME=VALUE")]
    [TestCase("--limit max_message_size=-1", "option --limit: limit max_message_size: '-1' is not a number")]
    [TestCase("--limit=no_such_limit=1", "option --limit: unknown limit 'no_such_limit'")]
    [TestCase("--busy-poll=1001", "option --busy-poll: '1001' is not a number of microseconds from 0 to 1000")]
    [TestCase("--busy-poll=x", "option --busy-poll: 'x' is not a number of microseconds from 0 to 1000")]
    [TestCase("--internal-exec session", "--internal-exec is for internal use")]
    [TestCase("--internal-exec bogus -- /bin/true true", "--internal-exec is for internal use")]
    public void A_wrong_word_is_named_in_one_line_on_standard_error_and_the_status_is_1(string arguments, string expected)
    {
        ShellResult result = _shell.Run($"exec timeout 10 $B {arguments}");

        Assert.That(result.Error, Does.Contain(expected).And.StartsWith("xcp-broker: ").And.EndWith("\n"));
        Assert.That(result.Error.Count(letter => letter == '\n'), Is.EqualTo(1));
        Assert.That(result.Output, Is.Empty);
        Assert.That(result.ExitCode, Is.EqualTo(1));
    }

    [TestCase("--version", "^xcp-broker [0-9]+\\.[0-9]+\\.[0-9]+\n$")]
    [TestCase("--help", "--print-address <FD>")]
    [TestCase("-h --bogus", "--print-address <FD>")]
    [TestCase("--introspect", "<interface name=\"org.freedesktop.DBus\">")]
    public void It_prints_and_ends(string arguments, string expected)
    {
        ShellResult result = _shell.Run($"exec timeout 10 $B {arguments}");

        Assert.That(result.Output, Does.Match(expected));
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.ExitCode, Is.Zero);
    }

    [Test]
    public void The_help_lists_every_option_of_dbus_daemon_that_there_is_and_no_internal_one()
    {
        string help = _shell.Run("exec $B --help").Output;

        foreach (string option in (string[])
        [
            "--address", "--print-address", "--print-pid", "--nofork", "--fork", "--nopidfile", "--nosyslog", "--syslog", "--syslog-only",
            "--introspect", "--version", "--help", "--limit", "--state-directory",
        ])
        {
            Assert.That(help, Does.Contain($" {option} "));
        }

        Assert.That(help, Does.Not.Contain("internal"));
    }

    [TestCase("--address=unix:path=$D/s --nofork --nopidfile --nosyslog --print-pid=1")]
    [TestCase("--address unix:path=$D/s --print-pid 1 --nofork")]
    [TestCase("--nofork --print-pid --address unix:path=$D/s")]
    [TestCase("--fork --nofork --syslog --nosyslog --print-pid= --address unix:path=$D/s")]
    public void Values_follow_a_sign_or_are_the_next_word(string arguments)
    {
        using Shell shell = new();
        (System.Diagnostics.Process broker, string address) = shell.StartBroker(arguments);

        Assert.That(address, Does.Match($"^unix:path={shell.Directory}/s,guid=[0-9a-f]{{32}}$"));
        Assert.That(Shell.ReadLine(broker.StandardOutput), Is.EqualTo($"{broker.Id}"));
    }

    [Test]
    public void A_limit_from_the_command_line_holds()
    {
        using Shell shell = new();
        (_, string address) = shell.StartBroker("--address=unix:dir=$D --limit=max_names_per_connection=1 --limit max_match_rules_per_connection=7");

        ShellResult reply = shell.Run(
            $"dbus-send --bus='{address}' --dest=org.freedesktop.DBus --print-reply / org.freedesktop.DBus.RequestName string:org.example.A uint32:0");

        Assert.That(reply.Error, Does.Contain("org.freedesktop.DBus.Error.LimitsExceeded"));
    }
}
