using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>A test program of somebody else that starts brokers, as one user.</summary>
/// <param name="Program">Its file name.</param>
/// <param name="User">Who runs it.</param>
/// <param name="HasCases">Whether it lists cases with -l, each to be run in a process of its own.</param>
internal sealed record Suite(string Program, string User, bool HasCases)
{
    private const string ReferenceDirectory = "/usr/lib/dbus-1.0/installed-tests/dbus";
    private const string GLibDirectory = "/usr/libexec/installed-tests/glib";

    /// <summary>The reference implementation's programs that start the broker of $DBUS_TEST_DAEMON.</summary>
    private static readonly string[] Listing =
    [
        "test-containers", "test-dbus-daemon", "test-dbus-daemon-eavesdrop", "test-header-fields", "test-monitor", "test-sd-activation",
        "test-uid-permissions",
    ];

    private static readonly string[] Scripts = ["test-dbus-daemon-fork.sh", "test-dbus-launch-eval.sh", "test-dbus-launch-x11.sh"];

    /// <summary>Not run: what the tests start, and what needs a kernel with AppArmor in charge of D-Bus.</summary>
    private static readonly string[] NotRun = ["test-service", "test-sleep-forever", "test-apparmor-activation", "test-apparmor-activation.sh"];

    /// <summary>GLib 2.74's test of no-replace leaves a timer behind that may fire within a later case of the same process and abort it.</summary>
    private const string ToBeSplit = "gapplication";

    /// <summary>Runs a program, or a case of it; see its own text.</summary>
    internal static string RunCase => Path.Combine(Repository.Root, "tests", "EndToEnd", "ReferenceSuites", "run-case");

    /// <summary>Whoever runs us, and as root also a user without any right.</summary>
    internal static IReadOnlyList<string> Users => Environment.UserName == "root" ? ["root", "nobody"] : [Environment.UserName];

    /// <summary>The reference implementation's suites as each user.</summary>
    internal static IReadOnlyList<Suite> Reference =>
    [
        .. from user in Users from program in Listing select new Suite(program, user, HasCases: true),
        .. from user in Users from program in Scripts select new Suite(program, user, HasCases: false),
    ];

    /// <summary>GLib's programs that start a bus of their own, the "dbus-daemon" of PATH: those that call the function that does.</summary>
    internal static IReadOnlyList<Suite> GLib =>
    [
        .. from path in Directory.GetFiles(GLibDirectory).Order(StringComparer.Ordinal)
           where File.ReadAllBytes(path).AsSpan() is var bytes && bytes.StartsWith("\u007fELF"u8) && bytes.IndexOf("g_test_dbus_up"u8) >= 0
           select new Suite(Path.GetFileName(path), Users[0], HasCases: Path.GetFileName(path) == ToBeSplit),
    ];

    /// <summary>The reference implementation's programs that are in no suite, because they start no broker.</summary>
    internal static IEnumerable<string> WithoutBroker => Directory.GetFiles(ReferenceDirectory, "test-*")
        .Select(path => Path.GetFileName(path))
        .Except([.. Listing, .. Scripts, .. NotRun])
        .Order(StringComparer.Ordinal);

    /// <summary>The cases, each for a process of its own; null stands for the whole program.</summary>
    internal IReadOnlyList<string?> Cases() => !HasCases ? [null] :
    [
        .. ClientProcess.Run("", Path.Combine(Program == ToBeSplit ? GLibDirectory : ReferenceDirectory, Program), "-l").Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith('/')),
    ];

    public override string ToString() => $"{Program} as {User}";
}
