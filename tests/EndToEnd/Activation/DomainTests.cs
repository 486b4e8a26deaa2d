using System.Globalization;
using XcpBroker.Activation;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Activation;

/// <summary>Services that live in another domain: a script is what starts it, and a process here its guest.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DomainTests : IDisposable
{
    private const string Service = "org.example.A";

    private readonly ActivationStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [TestCase("")]
    [TestCase("<user>daemon</user>")]
    public void The_domain_of_a_service_is_started_and_the_service_comes_from_it(string user)
    {
        Assume.That(user.Length == 0 || Environment.IsPrivilegedProcess, "only root can become another user");
        _stage.OpenToOthers();
        Boot($"echo \"$# $1 $2 $3 $(id -u)\" >>{_stage.In("starts")}; DBUS_STARTER_ADDRESS=unix:path={_stage.In("guest")} /usr/bin/python3 {ActivationStage.Program} {Service} detach");
        _stage.Describe(Service, "X-XCP-Domain=storage-1.a")
            .Start(type: "xcp", limits: $"""
                {user}<domainstarter>{_stage.In("boot")} create "of %d: 100%%" %n</domainstarter>
                <domain name="storage-1.a"><source unix="{_stage.In("guest")}"/></domain>
                <policy domain="*"><allow own="{Service}"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
                """);

        Assert.That(_stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word"));
        string uid = _stage.Run("id -u").Output.Trim();
        Assert.That(File.ReadAllText(_stage.In("starts")), Is.EqualTo($"3 create of storage-1.a: 100% {Service} {uid}\n"));
        _stage.AwaitLog($"starting the domain storage-1.a, in which {Service} lives");
    }

    [Test]
    public void What_the_starter_cannot_start_its_callers_hear_and_it_is_not_run_again_at_once()
    {
        Boot($"cut -d' ' -f1 /proc/uptime >>{_stage.In("starts")}; echo no such domain >&2; exit 3");
        _stage.Describe(Service, "X-XCP-Domain=storage").Describe("org.example.B", "X-XCP-Domain=storage", "Exec=/bin/true")
            .Start(type: "xcp", limits: $"<domainstarter>{_stage.In("boot")} %d</domainstarter>");

        Assert.That(_stage.Call(Service, "Pid"), Does.Contain("Spawn.ChildExited").And.Contain("the domain \"storage\" ended with status 3"));
        Assert.That(_stage.Call("org.example.B", "Pid"), Does.Contain("status 3"), "another name of that domain");

        // Once, unless this has taken longer than it waits: what has begun less than that after the first start has not waited.
        decimal[] starts = [.. File.ReadLines(_stage.In("starts")).Select(line => decimal.Parse(line, CultureInfo.InvariantCulture))];
        Assert.That(starts.Skip(1), Is.All.AtLeast(starts[0] + (decimal)StartBackOff.First.TotalSeconds));
        _stage.AwaitLog($"the starter of the domain of {Service}: no such domain");
    }

    [Test]
    public void A_name_that_is_no_name_of_a_domain_is_told_and_never_an_argument()
    {
        _stage.Describe(Service, "X-XCP-Domain=../../etc").Start(type: "xcp", limits: "<domainstarter>/bin/true %d</domainstarter>");

        Assert.That(_stage.ErrorOf($"busctl --address=$A call {Service} / org.example.Activated Pid"), Is.Not.Empty);
        _stage.AwaitLog("X-XCP-Domain: '../../etc' is no name of a domain");
    }

    [Test]
    public void A_starter_that_cannot_be_is_an_error_of_the_configuration()
    {
        File.WriteAllText(_stage.In("bus.conf"), "<busconfig><listen>unix:path=/tmp/none</listen><domainstarter>xl create %d.cfg</domainstarter></busconfig>");
        ShellResult result = _stage.Run("exec $B config check bus.conf");

        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Error, Does.Contain("<domainstarter>: the program is \"xl\"; expected a path from the root"));
    }

    private void Boot(string script)
    {
        File.WriteAllText(_stage.In("boot"), $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(_stage.In("boot"), (UnixFileMode)0x1ed);
    }
}
