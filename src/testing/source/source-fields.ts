// Who fills in and who changes the fields of objects, as the structure test sees it: found by the
// TypeScript compiler's own parser, without types.
import ts from 'typescript';
import type { SourceFile } from './source-tree.js';

/**
 * Fields that somebody else completes after the constructor (`x!: T`), each with its line: `12: x`.
 */
export function completedLater({ tree }: SourceFile): string[] {
  const found: string[] = [];
  walk(tree, (node) => {
    if (!ts.isPropertyDeclaration(node) || node.exclamationToken === undefined) return;
    found.push(`${lineOf(tree, node)}: ${node.name.getText()}`);
  });
  return found;
}

/**
 * Assignments to a field of another object (`other.x = 1`, `this.other.x++`), each with its line:
 * `12: other.x`. Elements of arrays and maps are none.
 */
export function assignmentsToOthers({ tree }: SourceFile): string[] {
  const found: string[] = [];
  walk(tree, (node) => {
    const target = assigned(node);
    if (target === null || !ts.isPropertyAccessExpression(target)) return;
    if (target.expression.kind === ts.SyntaxKind.ThisKeyword) return;
    found.push(`${lineOf(tree, node)}: ${target.getText()}`);
  });
  return found;
}

/** What an assignment, `++` or `--` changes; null for any other node. */
function assigned(node: ts.Node): ts.Node | null {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const assigns = kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
    return assigns ? node.left : null;
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const { PlusPlusToken, MinusMinusToken } = ts.SyntaxKind;
    return node.operator === PlusPlusToken || node.operator === MinusMinusToken
      ? node.operand
      : null;
  }
  return null;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}
