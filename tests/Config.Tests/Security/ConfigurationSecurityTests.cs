using System.Text;
using XcpBroker.Auth.Policy;
using XcpBroker.Config.Services;
using XcpBroker.Config.Tests.Policy;
using XcpBroker.Config.Tests.Reading;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Security;

/// <summary>Holes that came in by files; docs/security-history.md has the rows.</summary>
public sealed class ConfigurationSecurityTests
{
    private static string Shipped => Path.Combine(Repository.Root, "packaging/xcp.conf");

    [Test]
    public void CVE_2020_35512_two_names_of_one_user_are_one_user()
    {
        const string Rules = "<policy user='first'><deny own='org.example.A'/></policy><policy user='second'><allow own='org.example.A'/></policy>";
        const uint User = 1000;
        for (int reading = 0; reading < 3; reading++)
        {
            PeerPolicy policy = Read($"<policy context='default'><allow own='*'/></policy>{Rules}", new TwoNames(User)).Policy.ForPeer(User, [User], isAtConsole: false);
            Assert.That(policy.CheckOwn("org.example.A").IsAllowed, Is.True, "the last that matches decides, whatever the name it was given by");
            Assert.That(policy.CheckOwn("org.example.B").IsAllowed, Is.True);
        }
    }

    [Test]
    public void CVE_2022_31212_no_beginning_of_a_command_line_is_read_beyond_its_end()
    {
        const string Line = "/bin/service 'a b' \"c \\\" d\" \\e $f\\";
        for (int length = 0; length <= Line.Length; length++)
        {
            bool isSplit = CommandLineText.TrySplit(Line[..length], out IReadOnlyList<string>? words, out string? error);
            Assert.That(isSplit ? words!.Count : error!.Length, Is.GreaterThan(0), Line[..length]);
        }

        foreach (string open in new[] { "/bin/a '", "/bin/a \"", "/bin/a \"\\", "/bin/a \\" })
        {
            Assert.That(CommandLineText.TrySplit(open, out _, out _), Is.False, open);
        }
    }

    [Test]
    public void CVE_2022_31213_elements_without_what_they_need_are_refused()
    {
        string[] names =
        [
            "type", "user", "listen", "auth", "servicedir", "servicehelper", "pidfile", "include", "includedir", "limit", "policy", "selinux", "apparmor",
        ];
        foreach (string name in names)
        {
            foreach (string element in new[] { $"<{name}/>", $"<{name}></{name}>", $"<{name} x=''/>", $"<{name}>", $"<{name}><allow/><deny/><associate/></{name}>" })
            {
                BusConfigReader reader = new(new FakeFiles(), new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);
                byte[] text = Encoding.ASCII.GetBytes($"<busconfig>{element}</busconfig>");
                bool isRead = reader.TryReadText(text, "text", out BusConfiguration? configuration, out ConfigProblem? problem);
                Assert.That(isRead ? configuration is not null : problem is not null, element);
            }
        }
    }

    [TestCase("call path=/ interface=a.b member=M to=org.example.Other")]
    [TestCase("call path=/ interface=org.freedesktop.DBus.Properties member=Get to=org.example.Other")]
    [TestCase("signal path=/ interface=a.b member=M to=org.example.Other")]
    public void CVE_2014_8148_no_rule_of_ours_opens_every_service(string message)
    {
        BusConfiguration configuration = Read(System.IO.File.ReadAllBytes(Shipped), new FakeUsers());
        Assert.That(new SpokenRequest(message).Ask(configuration.Policy, PolicyDirection.Send, 1000, 1000).IsAllowed, Is.False);
    }

    [Test]
    public void Busd_no_TCP_no_ANONYMOUS_and_denied_by_default()
    {
        BusConfiguration configuration = Read(System.IO.File.ReadAllBytes(Shipped), new FakeUsers());
        Assert.That(configuration.Addresses.Select(address => $"{address}"), Has.All.StartsWith("unix:"));
        Assert.That(configuration.AuthMechanisms, Is.EqualTo(["EXTERNAL", "XCP_TOKEN"]));
        Assert.That(configuration.Policy.CheckConnect(1000, [1000], FakeUsers.XcpBroker).IsAllowed, Is.False);
        Assert.That(
            new SpokenRequest("call path=/ interface=org.freedesktop.DBus.Monitoring member=BecomeMonitor to=org.freedesktop.DBus")
                .Ask(configuration.Policy, PolicyDirection.Send, FakeUsers.XcpBroker, FakeUsers.XcpBroker).IsAllowed,
            Is.False);
    }

    private static BusConfiguration Read(string policies, IUserDirectory users) =>
        Read(Encoding.ASCII.GetBytes($"<busconfig><listen>unix:path=/x</listen>{policies}</busconfig>"), users);

    private static BusConfiguration Read(byte[] text, IUserDirectory users)
    {
        BusConfigReader reader = new(new FakeFiles(), users, StandardServiceDirectories.Unset, Transports.Known.Addresses);
        Assert.That(reader.TryReadText(text, "text", out BusConfiguration? configuration, out ConfigProblem? problem), Is.True, $"{problem}");
        return configuration!;
    }

    /// <summary>A host where "first" and "second" are the same user.</summary>
    private sealed class TwoNames(uint user) : IUserDirectory
    {
        public uint? FindUser(string name) => name is "first" or "second" ? user : null;

        public uint? FindGroup(string name) => null;
    }
}
