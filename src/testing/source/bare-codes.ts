// Finds Kafka's error codes and API keys that stand as bare numbers: compared, put into a message,
// or listed. Called by naming.test.ts. 0 passes: an exit code is one often enough, and where a
// code is Kafka's the compiler asks for ERROR.NONE.
import ts from 'typescript';
import { lineOf, walk, type SourceFile } from './source-tree.js';

/** What holds a code: `errorCode`, `partitionErrorCode`, `answer.code`, `apiKey`, `header.api`. */
const HOLDS_A_CODE = /^(code|\w*[eE]rrorCode|api|apiKey|error)$/;
const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** `12: errorCode === 46`, for each place of the file. */
export function bareCodes({ tree }: SourceFile): string[] {
  const found: string[] = [];
  const add = (node: ts.Node): void => {
    found.push(`${lineOf(tree, node)}: ${node.getText(tree).split('\n')[0]}`);
  };
  walk(tree, (node) => {
    if (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind)) {
      if (holdsACode(node.left) && numbers(node.right)) add(node);
    } else if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) {
      if (HOLDS_A_CODE.test(node.name.text) && numbers(answerOf(node.initializer))) add(node);
    } else if (ts.isSwitchStatement(node) && holdsACode(node.expression)) {
      for (const clause of node.caseBlock.clauses)
        if (ts.isCaseClause(clause) && numbers(clause.expression)) add(clause);
    } else if (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      HOLDS_A_CODE.test(node.name.text) &&
      node.initializer !== undefined &&
      numbers(node.initializer)
    )
      add(node);
  });
  return found;
}

function holdsACode(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return HOLDS_A_CODE.test(node.text);
  return ts.isPropertyAccessExpression(node) && HOLDS_A_CODE.test(node.name.text);
}

/** `() => 7` answers 7. */
function answerOf(node: ts.Expression): ts.Expression {
  return ts.isArrowFunction(node) && !ts.isBlock(node.body) ? node.body : node;
}

/** A whole number other than 0, or a choice with one. */
function numbers(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return numbers(node.expression);
  if (ts.isConditionalExpression(node)) return numbers(node.whenTrue) || numbers(node.whenFalse);
  if (ts.isPrefixUnaryExpression(node)) return numbers(node.operand);
  return ts.isNumericLiteral(node) && /^[1-9]\d*$/.test(node.text);
}
