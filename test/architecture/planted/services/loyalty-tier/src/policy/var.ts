// caught by: eslint no-var "Unexpected var"
export var old = 1;
