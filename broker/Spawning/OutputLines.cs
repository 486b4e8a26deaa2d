using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Loop;

namespace XcpBroker.Spawning;

/// <summary>What a service writes, made into log lines: so many in a period, and each of bounded length.</summary>
/// <remarks>
/// A service that writes more loses lines, never time: an episode of loss is told when it begins and, with the number of lines, when a
/// whole period has passed without loss.
/// </remarks>
/// <param name="service">Whose output it is.</param>
/// <param name="deadlines">Of the loop that calls this.</param>
/// <param name="log">Where lines go.</param>
internal sealed class OutputLines(string service, Deadlines deadlines, ILogger log)
{
    /// <summary>Bytes; a longer line becomes several.</summary>
    internal const int MaxLine = 2048;

    internal const int LinesPerPeriod = 200;

    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // A lone byte of a service's output is no reason to lose the line.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly byte[] _line = new byte[MaxLine];
    private Deadline _endOfPeriod;
    private int _length;
    private int _logged;
    private long _lost;
    private bool _hasLostInPeriod;

    /// <summary>Takes what was read.</summary>
    internal void Take(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            int end = octets.IndexOf((byte)'\n');
            int count = Math.Min(end < 0 ? octets.Length : end, MaxLine - _length);
            octets[..count].CopyTo(_line.AsSpan(_length));
            _length += count;
            bool isComplete = end == count;
            if (isComplete || (_length == MaxLine && octets.Length > count))
            {
                FinishLine();
            }

            octets = octets[(isComplete ? count + 1 : count)..];
        }
    }

    /// <summary>There is no more.</summary>
    internal void End()
    {
        if (_length > 0)
        {
            FinishLine();
        }

        _endOfPeriod.Cancel();
        TellLoss();
    }

    private void FinishLine()
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _length);
        _length = 0;
        if (!_endOfPeriod.IsPending)
        {
            _endOfPeriod = deadlines.After(Period, static state => ((OutputLines)state!).EndPeriod(), this);
        }

        if (_logged < LinesPerPeriod)
        {
            _logged++;
            SpawnLog.Output(log, service, Utf8.GetString(line.TrimEnd((byte)'\r')));
            return;
        }

        _hasLostInPeriod = true;
        if (_lost++ == 0)
        {
            SpawnLog.LosingOutput(log, service, LinesPerPeriod, (int)Period.TotalSeconds);
        }
    }

    private void EndPeriod()
    {
        _logged = 0;
        if (!_hasLostInPeriod)
        {
            TellLoss();
            return;
        }

        _hasLostInPeriod = false;
        _endOfPeriod = deadlines.After(Period, static state => ((OutputLines)state!).EndPeriod(), this);
    }

    private void TellLoss()
    {
        if (_lost > 0)
        {
            SpawnLog.LostOutput(log, service, _lost);
            _lost = 0;
        }
    }
}
