using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace XcpBroker.Load.Reports;

/// <summary>On what, and against what, it was measured.</summary>
internal static class Machine
{
    /// <summary>Processor and kernel.</summary>
    internal static string Processors()
    {
        string model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) ?? "unknown processor";
        string count = File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal)).ToString(CultureInfo.InvariantCulture);
        return $"{count} CPUs ({model.Split(": ")[^1]}), Linux {Environment.OSVersion.Version}";
    }

    /// <summary>When it is, and how busy the machine is.</summary>
    internal static string Moment() => string.Create(
        CultureInfo.InvariantCulture,
        $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");

    /// <summary>The version that a broker prints, or none when it is not there.</summary>
    internal static string Version(string program)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true })!;
            string line = process.StandardOutput.ReadLine() ?? "";
            process.WaitForExit();
            return $"{program} {line.Split(' ').LastOrDefault(word => word.Length > 0 && char.IsAsciiDigit(word[0]))}";
        }
        catch (Win32Exception)
        {
            return $"no {program}";
        }
    }
}
