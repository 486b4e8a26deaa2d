using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Loop;
using XcpBroker.Names;
using XcpBroker.Protocol;

namespace XcpBroker.Buffering;

/// <summary>The names that messages can wait for: those of descriptors, and those below the prefixes of the configuration while something waits.</summary>
/// <remarks>
/// A peer chooses names below a prefix, so each of them is there only as long as it holds something, and how many one sender may cause is its
/// share of the prefix's.
/// </remarks>
internal sealed class BufferTable(BusLoop loop, ILogger log) : ILoopWork
{
    private readonly Dictionary<string, NameBuffer> _buffers = new(BusNameComparer.Instance);
    private readonly Dictionary<string, NamePrefix> _prefixes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _forbidden = new(BusNameComparer.Instance);
    private readonly List<NameBuffer> _emptied = [];
    private NamePrefix[] _longestFirst = [];

    /// <summary>Told as soon as there is a name whose messages pass one sequence; set once by Composition.</summary>
    internal required Action Sequenced { get; init; }

    /// <summary>All of them together.</summary>
    internal HeldTotals Totals { get; } = new();

    internal IReadOnlyCollection<NameBuffer> All => _buffers.Values;

    /// <summary>Messages can wait for no name.</summary>
    internal bool IsEmpty => _buffers.Count + _longestFirst.Length == 0;

    /// <summary>The buffer of a name as it stands in a message, if there is one; makes no string of it.</summary>
    internal bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out NameBuffer? buffer) =>
        _buffers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out buffer);

    internal bool TryFind(string name, [NotNullWhen(true)] out NameBuffer? buffer) => _buffers.TryGetValue(name, out buffer);

    /// <summary>Whether messages to a name wait while it has no owner.</summary>
    internal bool IsDeclared(ReadOnlySpan<byte> name) => TryFind(name, out NameBuffer? buffer) ? !buffer.IsWithdrawn : PrefixOf(name) is not null;

    /// <summary>Whether one-way messages to a name that has no buffer yet are kept on disk.</summary>
    internal bool IsDurable(ReadOnlySpan<byte> name) => PrefixOf(name) is { Declaration.IsDurable: true };

    /// <summary>The buffer that a new message to a name goes to.</summary>
    /// <param name="name">As it stands in a message.</param>
    /// <param name="sender">Whose the message is.</param>
    /// <param name="buffer">Null: the sender's share of names is used up.</param>
    /// <returns>False: the name is not declared.</returns>
    internal bool TryOpen(ReadOnlySpan<byte> name, Connection sender, out NameBuffer? buffer)
    {
        if (TryFind(name, out buffer))
        {
            return !buffer.IsWithdrawn;
        }

        if (PrefixOf(name) is not { } prefix)
        {
            return false;
        }

        if (prefix.Names.TryTake(sender, 1))
        {
            buffer = Add(Encoding.ASCII.GetString(name), prefix.Declaration);
            buffer.TakenFrom = (prefix, sender);
            prefix.IsFull = false;
            SweepLater(buffer);
        }
        else if (!prefix.IsFull)
        {
            prefix.IsFull = true;
            BufferLog.NamesFull(log, prefix.Text, sender.UniqueNameText, prefix.MaxNames);
        }

        return true;
    }

    /// <summary>Why <see cref="TryOpen"/> gave no buffer.</summary>
    internal DBusError Full(ReadOnlySpan<byte> name)
    {
        NamePrefix prefix = PrefixOf(name)!;
        return DBusError.TooManyNames(Encoding.ASCII.GetString(name), prefix.Text, prefix.MaxNames);
    }

    /// <summary>The buffer of what the journal has kept; there is one, declared or not.</summary>
    internal NameBuffer Restore(string name)
    {
        if (!_buffers.TryGetValue(name, out NameBuffer? buffer))
        {
            NamePrefix? prefix = PrefixOf(Encoding.ASCII.GetBytes(name));
            buffer = Add(name, prefix?.Declaration ?? new BufferDeclaration());
            buffer.IsWithdrawn = prefix is null;
            SweepLater(buffer);
        }

        buffer.IsSequenced = true;
        Sequenced();
        return buffer;
    }

    /// <summary>Puts other declarations in force. What waits for a name that is no longer declared goes on waiting as it was promised.</summary>
    internal void Apply(ServiceCatalog catalog, IReadOnlyList<BufferedPrefix> prefixes)
    {
        Apply(prefixes);
        _forbidden.Clear();
        _forbidden.UnionWith(catalog.Services.Where(BufferDeclaration.IsForbidden).Select(descriptor => descriptor.Name));
        foreach (NameBuffer buffer in _buffers.Values)
        {
            buffer.IsDescribed = false;
        }

        foreach (ServiceDescriptor descriptor in catalog.Services)
        {
            if (descriptor.Buffer is { } declaration)
            {
                NameBuffer buffer = TryFind(descriptor.Name, out NameBuffer? known) ? known : Add(descriptor.Name, declaration);
                buffer.Change(declaration);
                buffer.IsDescribed = true;
                IsNowDeclared(declaration);
            }
        }

        foreach (NameBuffer buffer in _buffers.Values.Where(buffer => !buffer.IsDescribed))
        {
            buffer.IsWithdrawn = true;
            if (PrefixOf(Encoding.ASCII.GetBytes(buffer.Name)) is { } prefix)
            {
                buffer.Change(prefix.Declaration);
            }

            SweepLater(buffer);
        }
    }

    /// <summary>Forgets names that nothing waits for and that no descriptor declares.</summary>
    public void Run()
    {
        foreach (NameBuffer buffer in _emptied)
        {
            buffer.IsToBeSwept = false;
            if (buffer.IsDescribed || !buffer.IsEmpty || !_buffers.Remove(buffer.Name))
            {
                continue;
            }

            buffer.Retry.Cancel();
            buffer.Later.Cancel();
            if (buffer.TakenFrom is var (prefix, opener))
            {
                prefix.Names.GiveBack(opener, 1);
            }
        }

        _emptied.Clear();
    }

    private void Apply(IReadOnlyList<BufferedPrefix> prefixes)
    {
        foreach (string gone in _prefixes.Keys.Except(prefixes.Select(prefix => prefix.Prefix)).ToArray())
        {
            _prefixes.Remove(gone);
        }

        foreach (BufferedPrefix declared in prefixes)
        {
            if (!_prefixes.TryGetValue(declared.Prefix, out NamePrefix? prefix))
            {
                _prefixes.Add(declared.Prefix, prefix = new NamePrefix(declared.Prefix));
            }

            prefix.Change(declared);
            IsNowDeclared(declared.Declaration);
        }

        _longestFirst = [.. _prefixes.Values.OrderByDescending(prefix => prefix.Text.Length)];
    }

    private void IsNowDeclared(BufferDeclaration declaration)
    {
        if (declaration.IsDurable)
        {
            Sequenced();
        }
    }

    private NameBuffer Add(string name, BufferDeclaration declaration)
    {
        NameBuffer buffer = new(name, declaration, Totals, SweepLater);
        _buffers.Add(name, buffer);
        return buffer;
    }

    private NamePrefix? PrefixOf(ReadOnlySpan<byte> name)
    {
        foreach (NamePrefix prefix in _longestFirst)
        {
            if (prefix.Covers(name))
            {
                return _forbidden.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(name) ? null : prefix;
            }
        }

        return null;
    }

    /// <summary>Not at once: whoever has emptied it may be about to put something into it.</summary>
    private void SweepLater(NameBuffer buffer)
    {
        if (buffer.IsDescribed || buffer.IsToBeSwept)
        {
            return;
        }

        buffer.IsToBeSwept = true;
        _emptied.Add(buffer);
        if (_emptied.Count == 1)
        {
            loop.RunAtTurnEnd(this);
        }
    }
}
