using System.Diagnostics;
using System.Text;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>The reference implementation's configuration files: those that dbus-daemon starts with start ours, what it refuses ours refuses.</summary>
[TestFixture]
internal sealed class ConfigurationStartTests
{
    private const string DataDirectory = "/usr/lib/dbus-1.0/installed-tests/dbus/data";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private string _directory = "";

    public static IEnumerable<TestCaseData> ValidFiles => Files("valid-config-files", "valid-config-files-system", "equiv-config-files/basic", "equiv-config-files/entities");

    /// <summary>Those that listen where nothing else can be: on temporary sockets or on TCP.</summary>
    public static IEnumerable<TestCaseData> FilesWithHarmlessAddresses => ValidFiles.Where(file =>
        File.ReadAllText(FullPath((string)file.Arguments[0]!)) is var text
        && (text.Contains("<listen>unix:tmpdir=", StringComparison.Ordinal) || text.Contains("<listen>tcp:", StringComparison.Ordinal)));

    public static IEnumerable<TestCaseData> InvalidFiles => Files("invalid-config-files");

    [SetUp]
    public void Make_a_directory() => _directory = Directory.CreateTempSubdirectory("xcp-config-").FullName;

    [TearDown]
    public void Remove_the_directory() => Directory.Delete(_directory, recursive: true);

    [TestCaseSource(nameof(ValidFiles))]
    public void A_valid_file_starts_both_or_none(string file) => AssertSame(file, $"--address=unix:path={_directory}/bus");

    [TestCaseSource(nameof(FilesWithHarmlessAddresses))]
    public void A_valid_file_starts_both_or_none_where_it_says(string file) => AssertSame(file);

    [TestCaseSource(nameof(InvalidFiles))]
    public void An_invalid_file_is_refused(string file)
    {
        AssertSame(file, $"--address=unix:path={_directory}/bus");
        StartResult result = Start(XcpBrokerProcess.Binary, file, $"--address=unix:path={_directory}/bus");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Match(@"invalid-config-files/\S+\.conf[:,]? *(line )?\d+"), "where it is wrong");
    }

    private static IEnumerable<TestCaseData> Files(params string[] directories) =>
        from directory in directories
        from path in Directory.GetFiles(Path.Combine(DataDirectory, directory), "*.conf").Order(StringComparer.Ordinal)
        let name = Path.GetRelativePath(DataDirectory, path)
        select new TestCaseData(name).SetArgDisplayNames(name);

    private static string FullPath(string file) => Path.Combine(DataDirectory, file);

    private void AssertSame(string file, params string[] arguments)
    {
        StartResult control = Start("dbus-daemon", file, arguments);
        StartResult ours = Start(XcpBrokerProcess.Binary, file, arguments);
        string both = $"dbus-daemon: {control.Error}\nxcp-broker: {ours.Error}";
        Assert.That(ours.HasStarted, Is.EqualTo(control.HasStarted), both);
        Assert.That(TransportsOf(ours.Address), Is.EqualTo(TransportsOf(control.Address)), both);
    }

    /// <summary>What is before the first colon of each address.</summary>
    private static string TransportsOf(string? addresses) =>
        string.Join(';', (addresses ?? "").Split(';').Select(address => address.Split(':')[0]));

    /// <summary>Starts a broker, waits for its address or its end, and ends it.</summary>
    private StartResult Start(string daemon, string file, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(daemon, [$"--config-file={FullPath(file)}", "--nofork", "--nopidfile", "--print-address=1", .. arguments])
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_RUNTIME_DIR"] = _directory;
        using Process process = Process.Start(start)!;
        StringBuilder errors = new();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        Task<string?> address = process.StandardOutput.ReadLineAsync();
        bool isInTime = address.Wait(Patience);
        if (address is { IsCompletedSuccessfully: true, Result: not null })
        {
            using Process kill = Process.Start("kill", $"{process.Id}");
            kill.WaitForExit();
        }

        if (!isInTime || !process.WaitForExit(Patience))
        {
            process.Kill();
            throw new TimeoutException($"{daemon} neither says an address nor ends: {errors}");
        }

        process.WaitForExit();
        return new StartResult(process.ExitCode, address.Result, errors.ToString());
    }

    private sealed record StartResult(int ExitCode, string? Address, string Error)
    {
        internal bool HasStarted => Address is not null;
    }
}
