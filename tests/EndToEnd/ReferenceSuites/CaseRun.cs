using System.Diagnostics;
using System.Globalization;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>One run of a program, or of a case of it, on one broker.</summary>
internal static class CaseRun
{
    /// <summary>Beyond what run-case is given: it ends what hangs, and cleans up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs it to its end.</summary>
    /// <param name="suite">The program and its user.</param>
    /// <param name="name">The case; null: all of the program.</param>
    /// <param name="daemon">The broker's file, or its name in PATH.</param>
    /// <param name="time">How long it may take; what it has not said then has failed.</param>
    /// <exception cref="TimeoutException">run-case itself does not end.</exception>
    internal static async Task<TapReport> Run(Suite suite, string? name, string daemon, TimeSpan time)
    {
        string[] what = name is null ? [suite.Program] : [suite.Program, name];
        string seconds = time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        ProcessStartInfo start = new(Suite.RunCase, ["-u", suite.User, "-d", daemon, "-s", seconds, .. what])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(process.WaitForExitAsync(), output, errors).WaitAsync(time + Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return TapReport.Read(await output + await errors, process.ExitCode);
    }
}
