using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Reading;

/// <summary>The configuration files that dbus-daemon's own tests use (Debian's dbus-tests), and those that it is installed with.</summary>
public sealed class ReferenceFileTests
{
    private const string Data = "/usr/lib/dbus-1.0/debug-build/libexec/installed-tests/dbus/data";

    private static readonly string[] Installed = ["/usr/share/dbus-1/session.conf", "/usr/share/dbus-1/system.conf"];

    private static readonly string[] ValidFolders =
        ["valid-config-files", "valid-config-files-system", "equiv-config-files/basic", "equiv-config-files/entities"];

    private static IEnumerable<TestCaseData> Valid => ValidFolders
        .SelectMany(Files)
        .Concat(Installed)
        .Select(file => new TestCaseData(file).SetArgDisplayNames(Path.GetFileName(file)));

    private static IEnumerable<TestCaseData> Invalid => Files("invalid-config-files")
        .Select(file => new TestCaseData(file).SetArgDisplayNames(Path.GetFileName(file)));

    // Each file's reason, as the file's name and dbus-daemon have it.
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["apparmor-bad-attribute.conf"] = "3:13: attribute \"enforcement_style\" is not known on <apparmor>; expected mode",
        ["apparmor-bad-mode.conf"] = "3:13: mode is \"plaintive\"; expected enabled or disabled",
        ["bad-attribute.conf"] = "3:10: attribute \"wildebeest\" is not known on <limit>; expected name",
        ["bad-attribute-2.conf"] = "2:11: attribute \"carefully\" is not known on <listen>; expected domain, identity",
        ["bad-element.conf"] = "3:3: element <bees> is not known in <busconfig>; expected one of allow_anonymous, apparmor, auth, ",
        ["bad-limit.conf"] = "3:3: limit max_names_per_connection is \"as many as you like\"; expected a decimal number",
        ["badselinux-1.conf"] = "9:12: attribute \"selinux_root_relative\" is \"jomoma\"; expected \"yes\" or \"no\"",
        ["badselinux-2.conf"] = "9:12: attribute \"if_selinux_enabled\" is \"moo\"; expected \"yes\" or \"no\"",
        ["circular-1.conf"] = "3:1: the file /usr/lib/dbus-1.0/debug-build/libexec/installed-tests/dbus/data/invalid-config-files/circular-1.conf includes itself",
        ["circular-2.conf"] = "3:1: the file /usr/lib/dbus-1.0/debug-build/libexec/installed-tests/dbus/data/invalid-config-files/circular-2.conf includes itself",
        ["circular-3.conf"] = "3:1: the file /usr/lib/dbus-1.0/debug-build/libexec/installed-tests/dbus/data/invalid-config-files/circular-3.conf includes itself",
        ["double-attribute.conf"] = "3:36: attribute \"name\" stands twice on <limit>",
        ["impossible-send.conf"] = "4:12: a broadcast has no destination: with send_destination=\"com.example.Bees\" the rule cannot match anything",
        ["limit-no-name.conf"] = "3:3: <limit> has no name; expected <limit name=\"...\">",
        ["ludicrous-limit.conf"] = "4:3: limit max_names_per_connection is 3123123123, which is too large; expected at most 2147483647",
        ["negative-limit.conf"] = "3:3: limit max_names_per_connection is -1; expected a number that is not negative",
        ["non-numeric-limit.conf"] = "3:3: limit max_names_per_connection is \"bees\"; expected a decimal number",
        ["not-well-formed.conf"] = "4:18: </foo> ends nothing; expected </user> for line 4",
        ["policy-bad-at-console.conf"] = "3:11: attribute \"at_console\" is \"somewhere in the vicinity\"; expected \"true\" or \"false\"",
        ["policy-bad-attribute.conf"] = "3:11: attribute \"hat\" is not known on <policy>; expected context, user, group, at_console",
        ["policy-bad-context.conf"] = "3:11: context is \"apropos of nothing\"; expected default or mandatory",
        ["policy-bad-rule-attribute.conf"] = "4:12: attribute \"species\" is not known on <allow>; expected send_interface, ",
        ["policy-contradiction.conf"] = "3:3: <policy> needs exactly one of context, user, group, at_console and domain; user and at_console are there",
        ["policy-member-no-path.conf"] = "4:11: send_member stands alone; expected an interface or a path with it",
        ["policy-mixed.conf"] = "4:21: own cannot be combined with user",
        ["policy-no-attributes.conf"] = "3:3: <policy> needs exactly one of context, user, group, at_console and domain; none is there",
        ["policy-no-rule-attribute.conf"] = "4:5: <allow> has no attributes; expected a send_ or receive_ attribute, own, ",
        ["send-and-receive.conf"] = "4:12: receive_type cannot be combined with send_destination",
        ["truncated-file.conf"] = "9:27: the value of attribute \"ignore_missing\" has no end; expected \"",
        ["unknown-limit.conf"] = "3:10: there is no limit \"max_bees\"; expected one of max_incoming_bytes, ",
    };

    [TestCaseSource(nameof(Valid))]
    public void A_valid_file_is_read(string file)
    {
        BusConfigReader reader = new(new HostFiles(), new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);

        Assert.That(reader.TryRead(file, out BusConfiguration? configuration, out ConfigProblem? problem), Is.True, problem?.ToString());
        Assert.That(configuration!.Warnings.Select(warning => warning.ToString()), Has.None.Contains("conf is ignored"));
    }

    [TestCaseSource(nameof(Invalid))]
    public void An_invalid_file_is_refused_for_its_reason(string file)
    {
        BusConfigReader reader = new(new HostFiles(), new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);

        Assert.That(reader.TryRead(file, out _, out ConfigProblem? problem), Is.False);
        Assert.That(problem!.ToString(), Does.StartWith($"{Path.GetDirectoryName(file)}/").And.Contains($".conf:{Reasons[Path.GetFileName(file)]}"));
    }

    [TestCase("equiv-config-files/basic/basic-1.conf", "equiv-config-files/basic/basic-2.conf")]
    [TestCase("equiv-config-files/entities/entities-1.conf", "equiv-config-files/entities/entities-2.conf")]
    public void Equivalent_files_say_the_same(string first, string second)
    {
        BusConfiguration[] read = [.. new[] { first, second }.Select(Read)];

        Assert.That(read[1].User, Is.EqualTo(read[0].User).And.Not.Null);
        Assert.That(read[1].Addresses, Is.EqualTo(read[0].Addresses));
        Assert.That(read[1].Limits, Is.EqualTo(read[0].Limits));
        Assert.That(read[1].ServiceDirectories, Is.EqualTo(read[0].ServiceDirectories));
        Assert.That(Rules(read[1]), Is.EqualTo(Rules(read[0])));

        static string[] Rules(BusConfiguration configuration) => [.. configuration.Policy.Entries.Select(entry => $"{entry.Context} {entry.Rule}")];
    }

    private static BusConfiguration Read(string file)
    {
        BusConfigReader reader = new(new HostFiles(), new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);
        Assert.That(reader.TryRead($"{Data}/{file}", out BusConfiguration? configuration, out ConfigProblem? problem), Is.True, problem?.ToString());
        return configuration!;
    }

    private static string[] Files(string folder) => Directory.GetFiles($"{Data}/{folder}", "*.conf", SearchOption.AllDirectories)
        .Where(file => !file.Contains(".d/")).Order(StringComparer.Ordinal).ToArray();
}
